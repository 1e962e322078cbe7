/** The sandbox's control calls. */
import { env } from './site.mjs';

export async function control(call, body) {
    const response = await fetch(`${env.sandbox.control}/${call}`, body === undefined ? {} : {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) {
        throw new Error(`control/${call}: ${response.status} ${text}`);
    }
    return JSON.parse(text);
}

/** Everything behaves again; the provisioning service works at once, since most tests do not care. */
export async function reset() {
    await control('reset', {});
    await control('provision', { delay_ms: 0 });
}

/** A notification as the cashier would send it, possibly spoilt; gives the site's answers. */
export async function notify(orderNo, options = {}) {
    const { fields = {}, ...others } = options;
    return control('notify', {
        notify_url: `${env.base_url}/addons/chathub/index/payNotify/pay_method/alipay`,
        fields: { out_trade_no: orderNo, ...fields },
        ...others,
    });
}

export async function trade(orderNo) {
    return (await control(`trades?out_trade_no=${encodeURIComponent(orderNo)}`)).trades[0];
}

/** What the provisioning service made for an address. */
export async function provisioned(email) {
    return (await control(`provision?email=${encodeURIComponent(email)}`)).created;
}
