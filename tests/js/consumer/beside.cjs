// The entry points beside the root, as the suite gets them, from CommonJS.
exports.stores = require("postseal/stores");
exports.testing = require("postseal/testing");
exports.instead = {
  octokit: require("postseal/octokit"),
  standardwebhooks: require("postseal/standardwebhooks"),
  stripe: require("postseal/stripe"),
  svix: require("postseal/svix"),
};
