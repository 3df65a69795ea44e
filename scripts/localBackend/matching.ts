import type { ValidatorJSON } from "convex/values";
import { tableOfId } from "./convexTestState";

/**
 * Whether a value certainly passes a validator; false also where that is not known. convex-test
 * throws and catches an error for each member of a union that does not fit, which took a fifth of
 * the time of tests that store results. It still judges, and words the error, where this is false.
 */
export function certainlyMatches(validator: ValidatorJSON, value: unknown): boolean {
  switch (validator.type) {
    case "any":
      return true;
    case "null":
      return value === null;
    case "number":
    case "boolean":
    case "string":
      return typeof value === validator.type;
    case "literal":
      return value === validator.value;
    case "id":
      return typeof value === "string" && tableOfId(value) === validator.tableName;
    case "bytes":
      return value instanceof ArrayBuffer;
    case "array":
      return (
        Array.isArray(value) && value.every((element) => certainlyMatches(validator.value, element))
      );
    case "union":
      return validator.value.some((member) => certainlyMatches(member, value));
    case "object":
      return isPlainObject(value) && fieldsMatch(validator.value, value);
    case "bigint":
    case "commitTs":
    case "record":
      return false;
  }
}

type Fields = Extract<ValidatorJSON, { type: "object" }>["value"];

function fieldsMatch(fields: Fields, value: Record<string, unknown>): boolean {
  for (const name in value) if (!Object.hasOwn(fields, name)) return false;
  for (const name in fields) {
    const { fieldType, optional } = fields[name]!;
    const field = value[name];
    if (field === undefined ? !optional : !certainlyMatches(fieldType, field)) return false;
  }
  return true;
}

/** An object like `{}`: bytes, and placeholders of convex, are of other classes. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
