import { v } from "convex/values";
import { searchTitles } from "../src/engine";
import { userQuery } from "./functions";
import { listChannels } from "./model/columns";
import { readPointer } from "./model/pointer";

const MAX_FOUND = 20;
/** Far longer than any title, whose accents a search may write as characters of their own. */
const MAX_TEXT_LENGTH = 2_000;

/**
 * Titles of the user's own channels that contain a text, best matches first, at most 20: for
 * choosing channels to filter by. Finds nothing before the first recompute, and nothing for a text
 * longer than 2,000 characters. Costs a read of the user's dictionary, some 30 bytes a channel.
 */
export const search = userQuery({
  args: { text: v.string() },
  returns: v.array(v.string()),
  handler: async (ctx, { text }) => {
    if (text.length > MAX_TEXT_LENGTH) return [];
    const { epoch } = await readPointer(ctx, ctx.userId);
    return searchTitles(await listChannels(ctx, ctx.userId, epoch), text, MAX_FOUND);
  },
});
