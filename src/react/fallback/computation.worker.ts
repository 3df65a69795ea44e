import { expose } from "comlink";
import { Computation } from "./computation";

expose(new Computation());
