// A program for Node that prints what the program found.
import { report } from "../program/program.js";

report().then(console.log);
