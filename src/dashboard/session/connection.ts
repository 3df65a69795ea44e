import { connect } from "./developmentSession";

/** Begun when the first script runs, before anything is rendered. */
export const connecting = connect();
