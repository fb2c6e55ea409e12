// No inherited member is ever read: the package as CommonJS.
import("./run.js").then(({ run }) => run((name) => require(name)));
