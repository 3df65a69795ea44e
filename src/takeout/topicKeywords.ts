/**
 * The words that give a watch its topics, one topic a block.
 *
 * To extend: put a word in lower case at its place in the alphabet (a test holds the order), commas
 * between words. A word matches whole, whatever its case; plurals are words of their own. Several
 * words match in a row, whatever stands between them: "hip hop" finds "Hip-Hop". A word may stand
 * under several topics. Leave out what says little about the topic ("live", "apple", "party").
 */
export const TOPIC_KEYWORDS = {
  Cooking: `
    bake, baking, barbecue, bbq, bread, cake, chef, cook, cookbook, cooking, cuisine,
    delicious, dessert, dinner, food, foods, grilling, ingredients, kitchen, knife skills,
    meal, meal prep, meals, oven, pasta, pastry, pizza, ramen, recipe, recipes, restaurant,
    salad, soup, sourdough, steak, street food, sushi, vegan
  `,
  Education: `
    academy, classroom, college, course, crash course, documentary, education, educational,
    essay, exam, explained, grammar, history, homework, how to, language learning, learn,
    learning, lecture, lectures, lesson, lessons, philosophy, professor, school, study,
    teacher, ted, tedx, tutorial, tutorials, university, vocabulary
  `,
  Entertainment: `
    actor, actress, animation, anime, celebrity, cinema, comedian, comedy, disney, drama,
    episode, film, films, funny, hbo, hollywood, late night, marvel, movie, movies, netflix,
    podcast, prank, reaction, red carpet, season finale, series, sitcom, sketch, snl,
    stand up, star wars, talk show, teaser, trailer, tv, tv show, vlog
  `,
  Finance: `
    accounting, banking, bitcoin, bond market, budget, budgeting, crypto, cryptocurrency,
    debt, dividend, dividends, earnings, economics, economy, etf, ethereum, finance,
    financial, forex, hedge fund, index fund, inflation, interest rates, invest, investing,
    investment, investor, money, mortgage, passive income, personal finance, real estate,
    recession, retirement, startup, startups, stock, stock market, stocks, tax, taxes,
    trading, wall street, wealth
  `,
  Gaming: `
    boss fight, dlc, elden ring, esports, fortnite, game, gameplay, gamer, games, gaming, gta,
    league of legends, let's play, minecraft, mmorpg, nintendo, no commentary, playstation,
    playthrough, pokemon, pokémon, ps5, roblox, rpg, skyrim, speedrun, speedruns, steam deck,
    tekken, twitch, valorant, video game, video games, walkthrough, world record run, xbox,
    zelda
  `,
  Music: `
    acoustic, album, albums, band, bass, beats, blues, choir, concert, concerts, dj, drum,
    drums, edm, ep, guitar, hip hop, jazz, k pop, karaoke, kpop, lo fi, lofi, lyric, lyrics,
    mixtape, mtv, music, music video, nocturne, official audio, opera, orchestra, piano,
    playlist, rap, reggae, remix, rock n roll, sonata, song, songs, soundtrack, symphony,
    synth, techno, tiny desk, unplugged, vevo, vinyl, violin
  `,
  News: `
    al jazeera, associated press, bbc news, bloomberg, breaking, breaking news, briefing,
    cnbc, cnn, current affairs, daily news, dw news, fox news, headline, headlines,
    journalism, journalist, msnbc, nbc news, news, newscast, newsroom, press conference,
    reporter, reuters, sky news, tagesschau
  `,
  Politics: `
    ballot, brexit, campaign trail, candidate, congress, constitution, debate, democracy,
    democrat, democrats, diplomacy, election, elections, foreign policy, geopolitics,
    government, governor, impeachment, legislation, mayor, nato, parliament, policy,
    political, politician, politics, president, presidential, prime minister, protest,
    referendum, republican, republicans, senate, senator, supreme court, united nations, vote,
    voters, voting, white house
  `,
  Science: `
    asteroid, astronomy, astrophysics, atom, biology, black hole, brain, chemistry, climate,
    cosmos, dinosaur, dinosaurs, dna, ecology, einstein, esa, evolution, experiment,
    experiments, galaxy, genetics, geology, laboratory, mars, math, mathematics, maths,
    medicine, microscope, nasa, neuroscience, orbit, physicist, physics, planet, planets,
    quantum, research, rocket, science, scientific, scientist, space, spacecraft, spacex,
    telescope, universe, volcano
  `,
  Sports: `
    athlete, athletics, baseball, basketball, boxing, champions league, championship, cricket,
    cycling, espn, f1, fc, fifa, fitness, football, formula 1, golf, grand prix, gym, hockey,
    la liga, marathon, mma, motogp, nba, nfl, nhl, olympic, olympics, playoffs,
    premier league, rugby, running, skateboarding, skiing, snooker, soccer, sport, sports,
    super bowl, surfing, swimming, tennis, tour de france, triathlon, uefa, ufc, volleyball,
    wimbledon, workout, world cup, wrestling, wwe, yoga
  `,
  Technology: `
    ai, algorithm, algorithms, android, api, artificial intelligence, backend, chatgpt, chip,
    cloud, code, coding, compiler, computer, computers, cpu, css, cybersecurity, data science,
    database, databases, deep learning, developer, developers, devops, docker, engineering,
    frontend, gadget, gadgets, github, google, gpu, hacker, hacking, hardware, html, internet,
    ios, iphone, java, javascript, kernel, kubernetes, laptop, linux, llm, macbook,
    machine learning, microsoft, neural network, nodejs, nvidia, open source, openai,
    programmer, programming, python, raspberry pi, react, robot, robotics, robots, rust,
    server, smartphone, software, sql, tcp, tech, technology, typescript, unboxing,
    web development, windows 11
  `,
  Travel: `
    abroad, adventure, airline, airport, backpacking, beach, camping, city tour, cruise,
    destination, destinations, expat, expedition, flight, hiking, holiday, hostel, hotel,
    hotels, island, itinerary, journey, mountain, mountains, national park, night train,
    nomad, passport, resort, road trip, roadtrip, sightseeing, sleeper train, tour guide,
    tourism, tourist, travel, traveling, travelling, travels, trip, vacation, van life,
    vanlife, visa, walking tour, wanderlust
  `,
} as const satisfies Record<string, string>;
