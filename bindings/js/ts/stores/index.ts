// `postseal/stores`: each takes the client that the user already has, and depends on none.
export { d1Store } from "./d1.js";
export { durableObjectStore, PostsealClaims } from "./durable_object.js";
export { memoryStore } from "./memory.js";
export { postgresSchema, postgresStore } from "./postgres.js";
export { type RedisClient, redisLimit, redisStore } from "./redis.js";
export { sqliteSchema } from "./sql.js";
export { sqliteStore } from "./sqlite.js";
