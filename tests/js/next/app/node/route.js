// The suite in Next's Node runtime.
import { answer } from "../../suite.js";

export const dynamic = "force-dynamic";
export const GET = answer;
