// The entry points beside the root from CommonJS, for the type checker.
import octokit = require("postseal/octokit");
import standardwebhooks = require("postseal/standardwebhooks");
import stripe = require("postseal/stripe");
import svix = require("postseal/svix");
import testing = require("postseal/testing");

export const webhooks = [new standardwebhooks.Webhook("x"), new svix.Webhook("x")];
export const event = stripe.webhooks.constructEvent("", "", "x").data;
export const same = stripe.default.webhooks.constructEvent("", "", "x").id;
export const signature: Promise<string> = octokit.sign("x", "y");
export const sealed = testing.testDelivery({ secret: "x", message: { id: "a", payload: "" } });
