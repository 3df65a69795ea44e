import { afterEach } from "vitest";
import { cleanUp } from "./support";

afterEach(cleanUp);
