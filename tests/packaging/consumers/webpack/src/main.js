// A page that says on the console what the program found.
import { report } from "../program/program.js";
import { slim } from "../program/slim.js";

report(slim).then(console.log);
