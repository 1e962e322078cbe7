import { randomBytes } from 'node:crypto';

const FIRST_ID = 101;
const CHATWOOT_URL = 'https://chatwoot.example.com';
const token = (bytes) => randomBytes(bytes).toString('base64url');

/** Whose resources: the service itself tells its customers apart by these three. */
export const tenantKey = ({ email, domain, name }) => `${email}|${domain}|${name}`;

/** The inboxes, teams and users that exist at the service. */
export class Resources {
  #created = [];
  #nextId = FIRST_ID;

  exists(body) {
    const wanted = tenantKey(body);
    return this.#created.some((made) => tenantKey(made) === wanted);
  }

  /** @returns the body of a successful answer */
  create(body, key) {
    const id = this.#nextId;
    this.#nextId += 1;
    const agentId = body.agent_id ?? `agent_${token(6)}`;
    const inboxToken = token(18);
    this.#created.push({
      name: body.name, domain: body.domain, email: body.email, type: body.type, key, inbox_id: id,
      at: new Date().toISOString(), suspended: false,
    });
    return {
      inbox_id: id,
      inbox_token: inboxToken,
      inbox_name: body.name,
      team_id: id + 1000,
      team_name: `${body.name} 客服组`,
      agent_id: agentId,
      agent_cw_id: id + 2000,
      agent_cw_password: `Aa1!${token(12)}`,
      agent_dir: `agents/${agentId}`,
      embed_code: embedCode(inboxToken),
      ws_agent_updated: true,
    };
  }

  /** @returns {boolean} false when there is no such inbox */
  setSuspended(inboxId, suspended) {
    const made = this.byInbox(inboxId);
    if (made) made.suspended = suspended;
    return made !== null;
  }

  byInbox(inboxId) {
    return this.#created.find((made) => made.inbox_id === inboxId) ?? null;
  }

  /** An operator clears away what is left of a tenant. @returns {number} how many were there */
  remove(body) {
    const wanted = tenantKey(body);
    const before = this.#created.length;
    this.#created = this.#created.filter((made) => tenantKey(made) !== wanted);
    return before - this.#created.length;
  }

  list() {
    return this.#created;
  }

  clear() {
    this.#created = [];
  }
}

/** The snippet that a customer puts into a page: Chatwoot's loader, of several lines, with both kinds of quotes. */
function embedCode(websiteToken) {
  return `<script>
  (function(d,t) {
    var BASE_URL="${CHATWOOT_URL}";
    var g=d.createElement(t),s=d.getElementsByTagName(t)[0];
    g.src=BASE_URL+"/packs/js/sdk.js";
    g.async = true;
    s.parentNode.insertBefore(g,s);
    g.onload=function(){
      window.chatwootSDK.run({
        websiteToken: '${websiteToken}',
        baseUrl: BASE_URL
      })
    }
  })(document,"script");
</script>
`;
}
