// Calls the built function, as Lambda does with a CommonJS handler.
const { handler } = require("./dist/handler.js");

handler({}).then(({ body }) => console.log(body));
