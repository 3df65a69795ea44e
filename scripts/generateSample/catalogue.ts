/** What the made-up viewer may watch: worlds of channels that make videos of one kind. */
export interface World {
  /** How much of the viewing falls to it, on average. */
  weight: number;
  /** Favourites first. */
  channels: readonly string[];
  /** `{n}` stands for the video's number. */
  titles: readonly string[];
  /** Names of channels seen once or twice; a number makes them many. */
  passingChannels: readonly string[];
  isMusic?: boolean;
}

/** All names are invented. */
export const WORLDS: readonly World[] = [
  {
    weight: 6,
    channels: [
      "Teapot Engineering",
      "constructor",
      "Cold Cache",
      "Half a Compiler",
      "Ops at Night",
      "Borrowed Lifetimes",
    ],
    titles: [
      "Writing a database in a weekend, part {n}",
      "{n} things nobody tells you about Linux",
      "I replaced my server with a phone ({n} days later)",
      "TypeScript without tears #{n}",
      "The bug that took {n} hours",
      "Docker, drawn on paper",
      "What a cloud bill of {n} dollars looks like",
      "AI wrote my tests, episode {n}",
    ],
    passingChannels: ["Dev Notes", "Tiny Tools", "Byte Sized"],
  },
  {
    weight: 5,
    channels: [
      "Harbour Sessions",
      "Étude Room – Topic",
      "Low End Theory Club",
      "Kiosk Radio Tapes",
    ],
    titles: [
      "Full album, side {n}",
      "Nocturne no. {n}",
      "Song for a rainy Tuesday {n}",
      "Live at the harbour, night {n}",
      "Jazz guitar étude {n}",
      "Lo-fi beats, hour {n}",
    ],
    passingChannels: ["Loose Tape", "Demo Night", "Cellar Choir"],
    isMusic: true,
  },
  {
    weight: 4,
    channels: ["Save Point", "The Completionist's Sister", "Frame Perfect"],
    titles: [
      "Minecraft, but every day is {n} minutes",
      "Speedrun in {n} minutes (commentary)",
      "The RPG nobody finished, part {n}",
      "Ranking {n} boss fights",
      "Indie games of the month #{n}",
    ],
    passingChannels: ["Second Controller", "Couch Co-op", "Pixel Post"],
  },
  {
    weight: 3,
    channels: ["Pan and Patience", "La cuisine d'Odile", "Crumb Lab"],
    titles: [
      "A soup for {n} people",
      "Bread, attempt {n}",
      "One pan dinner no. {n}",
      "I asked {n} chefs for one recipe",
      "Knife skills, lesson {n}",
    ],
    passingChannels: ["Weekday Kitchen", "Street Plate"],
  },
  {
    weight: 3,
    channels: ["Slow Experiments", "Below the Ice", "Orbit for Two"],
    titles: [
      "An experiment that ran {n} days",
      "Black holes, explained {n} times",
      "What {n} telescopes saw",
      "The physics of doors, part {n}",
      "Climate in {n} charts",
    ],
    passingChannels: ["Field Notes", "Lab Window"],
  },
  {
    weight: 2,
    channels: ["Chalk Dust", "Footnotes of History"],
    titles: [
      "A history of the map, part {n}",
      "Latin in {n} lessons",
      "Lecture {n}: what is proof?",
      "How to read {n} books a year",
    ],
    passingChannels: ["Evening School", "Study Hall"],
  },
  {
    weight: 2,
    channels: ["Night Trains", "Two Passports", "Walk With Me"],
    titles: [
      "Night train number {n}",
      "{n} hours in a city I cannot pronounce",
      "Hiking the ridge, day {n}",
      "Travel on {n} a day",
    ],
    passingChannels: ["Window Seat", "Slow Road"],
  },
  {
    weight: 2,
    channels: ["Ledger & Latte", "The Patient Index"],
    titles: [
      "Index fund diary, month {n}",
      "Invest or repay? Reader question {n}",
      "The stock market in {n} minutes",
      "A budget that survived {n} weeks",
    ],
    passingChannels: ["Penny Plan", "Coin Drawer"],
  },
  {
    weight: 2,
    channels: ["Morgenlage", "The Quiet Headline"],
    titles: [
      "News of the week {n}",
      "Breaking, calmly: issue {n}",
      "Press conference in {n} sentences",
      "Headlines, {n} November",
    ],
    passingChannels: ["City Desk"],
  },
  {
    weight: 1,
    channels: ["Division Bell", "Committee Room 7"],
    titles: [
      "Parliament, week {n}",
      "The election in {n} maps",
      "A debate about {n} trees",
      "How a vote is counted, part {n}",
    ],
    passingChannels: ["Ballot Box"],
  },
  {
    weight: 2,
    channels: ["Touchline Tactics", "Saddle Sore"],
    titles: [
      "Football tactics board {n}",
      "Tour de France, stage {n}",
      "Tennis final in {n} rallies",
      "Marathon training, week {n}",
    ],
    passingChannels: ["Extra Time", "Warm-up"],
  },
  {
    weight: 2,
    channels: ["Third Act", "Sofa Criticism"],
    titles: [
      "The film with {n} endings",
      "A series finale, scene by scene ({n})",
      "Comedy in {n} cuts",
      "Trailer reaction no. {n}",
    ],
    passingChannels: ["Popcorn Post"],
  },
  {
    weight: 2,
    channels: ["ぽかぽか日和", "Вечерний двор", "Sören från skogen", "🪴 plantlife"],
    titles: [
      "A quiet morning, {n}",
      "Repotting number {n}",
      "猫の一日 {n}",
      "Двор в {n} часов",
      "Skogen i regn, del {n}",
    ],
    passingChannels: ["Somewhere Quiet", "Nothing Much"],
  },
];
