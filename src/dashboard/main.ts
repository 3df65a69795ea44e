import "./styles/index.css";
import "./session/connection";

// The first script is small, so that the answers are on their way while the page itself is loaded.
void import("./page");
