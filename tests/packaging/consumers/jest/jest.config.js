// The same tests in Node's environment and in jsdom's, and what jsdom says without its setup.
const transform = { "\\.js$": "<rootDir>/transform.js" };
const setupFiles = ["<rootDir>/setup.js"];
const webhook = { transform, testMatch: ["<rootDir>/webhook.test.js"] };
const bare = { transform, testMatch: ["<rootDir>/bare.test.js"] };

module.exports = {
  projects: [
    { ...webhook, displayName: "node", testEnvironment: "node" },
    { ...webhook, displayName: "jsdom", testEnvironment: "jsdom", setupFiles },
    { ...bare, displayName: "bare", testEnvironment: "jsdom" },
  ],
};
