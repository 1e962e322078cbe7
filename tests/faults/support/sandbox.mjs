/** The sandbox's control calls, and its record of what the site asked for. */
import assert from 'node:assert/strict';
import { env } from './place.mjs';

const { base_url: site, sandbox } = env();
export const NOTIFY_URL = `${site}/addons/chathub/index/payNotify/pay_method/alipay`;

export async function control(call, body) {
  const options = body === undefined ? {} : {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  };
  const response = await fetch(`${sandbox.control}/${call}`, options);
  const text = await response.text();
  assert.ok(response.ok, `control/${call}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** The provisioning service misbehaves from now on, or `{mode: 'ok'}`. */
export const provisioning = (settings) => control('provision', { reset: true, ...settings });

export const serviceRecord = () => control('provision');
export const tenantKey = (tenant) => `${tenant.email}|${tenant.domain}|${tenant.tenant_name}`;

/** Requests for one tenant, oldest first. */
export async function requestsOf(tenant) {
  return (await serviceRecord()).requests.filter((request) => request.tenant === tenantKey(tenant));
}

/** How often it was made at the service. */
export async function timesMade(tenant) {
  return (await serviceRecord()).created_count_by_tenant[tenantKey(tenant)] ?? 0;
}

/** Sends a notification of that order straight to the site; gives the answers. */
export async function notify(orderNo, { fields = {}, ...options } = {}) {
  return control('notify', { notify_url: NOTIFY_URL, fields: { out_trade_no: orderNo, ...fields }, ...options });
}

export const trade = async (orderNo) => (await control(`trades?out_trade_no=${orderNo}`)).trades[0];

/** No fault anywhere. What was made and paid stays: it is the record that the rows are compared with. */
export async function behave() {
  await provisioning({ mode: 'ok' });
  await control('alipay', { reset: true });
}
