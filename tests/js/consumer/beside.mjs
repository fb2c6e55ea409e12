// The entry points beside the root, as the suite gets them.
import * as octokit from "postseal/octokit";
import * as standardwebhooks from "postseal/standardwebhooks";
import * as stripe from "postseal/stripe";
import * as svix from "postseal/svix";

export * as stores from "postseal/stores";
export * as testing from "postseal/testing";
export const instead = { octokit, standardwebhooks, stripe, svix };
