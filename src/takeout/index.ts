export { TakeoutError, type TakeoutErrorCode } from "./errors";
export { parseTakeout } from "./parseTakeout";
export { identityOf, recordKeyOf, type RecordIdentity } from "./recordKey";
export { deriveTopics, OTHER_TOPIC, type TopicSource } from "./topics";
export type {
  FoundHistory,
  ParsedEntry,
  ParseOptions,
  SkipReason,
  TakeoutFile,
  TakeoutRecord,
  TakeoutSource,
  UndatedReason,
} from "./types";
