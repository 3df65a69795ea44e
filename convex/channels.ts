import { v } from "convex/values";
import { searchTitles } from "../src/engine";
import { userQuery } from "./functions";
import { listChannels } from "./model/columns";
import { readPointer } from "./model/pointer";

const MAX_FOUND = 20;

/**
 * Titles of the user's own channels that contain a text, best matches first, at most 20: for
 * choosing channels to filter by. None before the first recompute. Costs a read of the user's
 * dictionary, some 30 bytes a channel.
 */
export const search = userQuery({
  args: { text: v.string() },
  returns: v.array(v.string()),
  handler: async (ctx, { text }) => {
    const { epoch } = await readPointer(ctx, ctx.userId);
    return searchTitles(await listChannels(ctx, ctx.userId, epoch), text, MAX_FOUND);
  },
});
