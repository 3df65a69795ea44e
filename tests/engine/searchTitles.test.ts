import { expect, it } from "vitest";
import { searchTitles } from "../../src/engine";

const TITLES = [
  "Kitchen",
  "Beyoncé",
  "The Kitchen",
  "Soupkitchen",
  "Émile's Kitchen",
  "日本の台所",
];

it.each([
  ["kitchen", ["Kitchen", "The Kitchen", "Émile's Kitchen", "Soupkitchen"]],
  ["KITCHEN ", ["Kitchen", "The Kitchen", "Émile's Kitchen", "Soupkitchen"]],
  ["beyonce", ["Beyoncé"]],
  ["emile", ["Émile's Kitchen"]],
  ["台所", ["日本の台所"]],
  ["(.*)", []],
  ["", []],
])("finds %j: whole titles, then beginnings, then words, then the rest", (text, found) => {
  expect(searchTitles(TITLES, text, 20)).toEqual(found);
});

it("knows a letter that is a surrogate pair: what follows it begins no word", () => {
  const titles = ["𠮷kitchen", "🚀kitchen", "x kitchen"];
  expect(searchTitles(titles, "kitchen", 20)).toEqual(["x kitchen", "🚀kitchen", "𠮷kitchen"]);
});

it("returns no more than asked for, the best", () => {
  expect(searchTitles(TITLES, "kitchen", 2)).toEqual(["Kitchen", "The Kitchen"]);
});
