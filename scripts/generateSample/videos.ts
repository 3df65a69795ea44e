import { WORLDS, type World } from "./catalogue";
import type { Video } from "./entry";
import { mixBits, type Random } from "./random";

const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VIDEO_ID_LENGTH = 11;
const CHANNEL_ID_LENGTH = 22;
/** Videos a channel has made. */
const VIDEOS_PER_CHANNEL = 140;
const PASSING_CHANNELS_PER_NAME = 90;
const PASSING_SHARE = 0.22;
const SHORT_SHARE = 0.09;

/**
 * Which world a session is about. Interests come and go: each world swells and ebbs over the years
 * at a pace of its own.
 */
export function drawWorld(random: Random, dayIndex: number): number {
  const weights = WORLDS.map((world, index) => {
    const paceDays = 240 + 70 * index;
    return world.weight * (0.1 + swell(dayIndex / paceDays + index / WORLDS.length));
  });
  return random.weighted(weights);
}

/** From 0 to 2 and back once in each whole number: straight lines, as sines differ by machine. */
function swell(phase: number): number {
  return 4 * Math.abs(phase - Math.floor(phase) - 0.5);
}

/** A video of a world: mostly of favourite channels, often one that was watched before. */
export function drawVideo(random: Random, worldIndex: number): Video {
  const world = WORLDS[worldIndex]!;
  const channel = drawChannel(random, world);
  const videoNumber = 1 + skewed(random, VIDEOS_PER_CHANNEL);
  const channelNumber = hashText(channel);
  const identity = mixBits(channelNumber + videoNumber * 7919);
  const title = world.titles[(identity >>> 3) % world.titles.length]!;
  return {
    id: identifier(identity, VIDEO_ID_LENGTH),
    title: title.replace("{n}", String(videoNumber)),
    channel,
    channelId: `UC${identifier(channelNumber, CHANNEL_ID_LENGTH)}`,
    isMusic: world.isMusic === true && identity % 4 !== 0,
    isShort: world.isMusic !== true && (identity >>> 8) / 2 ** 24 < SHORT_SHARE,
  };
}

function drawChannel(random: Random, world: World): string {
  if (!random.chance(PASSING_SHARE)) return world.channels[skewed(random, world.channels.length)]!;
  return `${random.pick(world.passingChannels)} ${1 + skewed(random, PASSING_CHANNELS_PER_NAME)}`;
}

/** From 0 to below `count`, small ones oftener. */
function skewed(random: Random, count: number): number {
  const fraction = random.fraction();
  return Math.floor(count * fraction * fraction);
}

function hashText(text: string): number {
  let hash = text.length;
  for (let index = 0; index < text.length; index++) {
    hash = mixBits(Math.imul(hash, 31) + text.charCodeAt(index));
  }
  return hash;
}

function identifier(identity: number, length: number): string {
  let text = "";
  for (let position = 0; text.length < length; position++) {
    text += ID_ALPHABET[mixBits(identity + position * 104729) & 63]!;
  }
  return text;
}
