// A Worker's bindings, as Cloudflare types them, without a cast.
import { claim, Receiver, type Store } from "postseal";
import { d1Store, durableObjectStore, PostsealClaims, sqliteSchema } from "postseal/stores";

export { PostsealClaims };

interface Env {
  DATABASE: D1Database;
  CLAIMS: DurableObjectNamespace;
  TYPED: DurableObjectNamespace<PostsealClaims>;
}

export default {
  async fetch(request, env) {
    await env.DATABASE.exec(sqliteSchema);
    const stores: Store[] = [
      d1Store(env.DATABASE),
      d1Store(env.DATABASE.withSession("first-primary")),
      durableObjectStore(env.CLAIMS),
      durableObjectStore(env.TYPED),
      durableObjectStore(env.CLAIMS.jurisdiction("eu")),
    ];
    const receiver = new Receiver({ secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
    const delivery = receiver.open(request.headers, await request.text());
    const [store] = stores as [Store];
    const { outcome } = await claim(store, delivery, { source: "orders" });
    return new Response(outcome);
  },
} satisfies ExportedHandler<Env>;

// @ts-expect-error a Durable Object's namespace is no database
d1Store({} as DurableObjectNamespace);
// @ts-expect-error a KV namespace cannot swap
durableObjectStore({} as KVNamespace);
