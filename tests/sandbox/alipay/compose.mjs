import { corruptSignature, rsaSign, stringToSign } from './signature.mjs';
import { formatYuan, parseYuan } from './money.mjs';

/**
 * Signs fields as Alipay signs a notification and writes them as a form body.
 * `sign` and `sign_type` stay out of the signed text; everything beyond that is for forging.
 *
 * @param {object} options
 * @param {{alipay: KeyObject, app: KeyObject, other: KeyObject}} options.keys private keys by name
 * @param {'alipay'|'app'|'other'|'none'} [options.signWith]
 * @param {'sha256'|'sha1'} [options.hash]
 * @param {boolean} [options.keepSignType] sign over sign_type too
 * @param {boolean} [options.signEmpty] count empty values
 * @param {null|'signature'|'amount'} [options.corrupt] spoil after signing
 * @returns {{form: string, fields: Record<string,string>, string_to_sign: string}}
 */
export function composeForm(fields, {
  keys, signWith = 'alipay', hash = 'sha256', keepSignType = false, signEmpty = true, corrupt = null,
}) {
  const signType = fields.sign_type ?? (hash === 'sha1' ? 'RSA' : 'RSA2');
  const unsigned = { ...fields, sign_type: signType };
  const without = keepSignType ? ['sign'] : ['sign', 'sign_type'];
  const text = stringToSign(unsigned, { without, keepEmpty: signEmpty });
  const sent = { ...unsigned };
  if (signWith !== 'none') {
    const sign = rsaSign(text, keys[signWith], hash);
    sent.sign = corrupt === 'signature' ? corruptSignature(sign) : sign;
  }
  if (corrupt === 'amount') sent.total_amount = formatYuan((parseYuan(sent.total_amount) ?? 0) + 1);
  return { form: new URLSearchParams(sent).toString(), fields: sent, string_to_sign: text };
}
