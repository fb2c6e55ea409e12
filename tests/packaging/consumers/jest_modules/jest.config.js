// The same tests as ES modules, which Node loads, and not Jest's transform.
export default { testEnvironment: "node", transform: {} };
