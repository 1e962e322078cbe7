import { hex, letters, uuid } from '../random.mjs';

const ERRORS = {
  missing: [400, 'invalid_request', 'The request is missing a required parameter'],
  content_type: [400, 'invalid_request', 'Content-Type must be application/x-www-form-urlencoded'],
  client: [401, 'invalid_client', 'Client authentication failed'],
  secret: [401, 'invalid_client', 'Client authentication failed'],
  grant_type: [400, 'unsupported_grant_type', 'The authorization grant type is not supported'],
  code: [400, 'invalid_grant', 'The request has an invalid grant parameter : code'],
  redirect_uri: [400, 'invalid_grant', 'The request has an invalid grant parameter : redirect_uri'],
  refresh_token: [400, 'invalid_grant', 'The request has an invalid grant parameter : refresh_token'],
  busy: [429, 'slow_down', 'You have exceeded the rate limit'],
  method: [405, 'invalid_request', 'Method not allowed'],
};

/** SP-API: the consent page of Seller Central, the tokens of Login with Amazon. The refresh token stays the same. */
export const amazon = {
  title: 'Amazon',
  application: () => ({
    application_id: `amzn1.sp.solution.${uuid()}`,
    client_id: `amzn1.application-oa2-client.${hex(16)}`,
    client_secret: `amzn1.oa2-cs.v1.${hex(32)}`,
  }),
  shop: (name) => ({ id: `A${hex(7).toUpperCase()}`, name: name ?? 'Sandbox Seller' }),
  // Where the seller comes back to is registered with the application; a request may repeat it.
  authorize: { client: ['application_id', 'application_id'], fixed: {}, optional: ['version', 'redirect_uri'] },
  callback: ({ code, state, shop }) => ({ state, selling_partner_id: shop.id, spapi_oauth_code: code }),
  request: { methods: ['POST'], encoding: 'form', client: 'client_id', secret: 'client_secret', redirectUri: true },
  lifetimes: { code_s: 300, access_s: 3600, refresh_s: null },
  rotates: false,
  tokens: () => ({ access: `Atza|${letters(120)}`, refresh: `Atzr|${letters(120)}` }),
  answer: ({ access, refresh, accessSeconds }) => ({
    access_token: access, refresh_token: refresh, token_type: 'bearer', expires_in: accessSeconds,
  }),
  refusal({ reason, detail }) {
    const [status, error, text] = ERRORS[reason] ?? ERRORS.refresh_token;
    return { status, body: { error, error_description: reason === 'missing' ? `${text} : ${detail}` : text } };
  },
};
