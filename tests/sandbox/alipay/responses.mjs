import { send, drip, hang, HUGE_BYTES, PROXY_PAGE } from '../http/answer.mjs';
import { GatewayError, refused } from './request.mjs';
import { corruptSignature, rsaSign } from './signature.mjs';

// What the gateway says when it has too much to do, and when one application asks too often.
const BUSY = refused('ACQ.SYSTEM_ERROR', '系统异常');
const LIMITED = new GatewayError('40005', 'isv.app-call-limited', '应用调用次数超限');
// The gateway labels its JSON so.
const CONTENT_TYPE = 'text/html;charset=utf-8';
const ACCEPTED = { code: '10000', msg: 'Success' };

/** Alipay writes `/` as `\/`: who re-encodes a node before verifying gets another text. */
const encode = (node) => JSON.stringify(node).replaceAll('/', '\\/');

export const nodeName = (method) => `${method.replaceAll('.', '_')}_response`;
export const successNode = (fields) => ({ ...ACCEPTED, ...fields });
export const errorNode = (error, fields = {}) => ({
  code: error.code, msg: error.msg, sub_code: error.subCode, sub_msg: error.subMsg, ...fields,
});

/** What cannot be attributed to an application's method has no signature. */
export function sendUnsigned(res, node) {
  send(res, 200, CONTENT_TYPE, `{"error_response":${encode(node)}}`);
}

/**
 * Sends a node under its method's name, signed over its raw bytes, or what `fault` makes of it.
 * @param {{mode: string, forged: 'first'|'last'}} fault
 */
export function sendSigned(res, method, node, { keys, fault }) {
  const name = nodeName(method);
  const raw = encode(node);
  const sign = rsaSign(raw, keys.alipay);
  const document = (nodes, signature = sign) => `{${nodes},"sign":"${signature}"}`;
  const real = `"${name}":${raw}`;
  const answer = (body) => send(res, 200, CONTENT_TYPE, body);

  switch (fault.mode) {
    case 'ok': return answer(document(real));
    case 'busy': return sendSigned(res, method, errorNode(BUSY), { keys, fault: { mode: 'ok' } });
    case 'call_limited': return sendSigned(res, method, errorNode(LIMITED), { keys, fault: { mode: 'ok' } });
    case 'status_500': return send(res, 500, CONTENT_TYPE, 'Internal Server Error');
    case 'hang': return hang();
    case 'drip': return drip(res, CONTENT_TYPE, document(real));
    case 'unsigned': return answer(`{${real}}`);
    case 'wrong_signature': return answer(document(real, corruptSignature(sign)));
    case 'duplicate_node': return answer(document(withForgedNode(name, node, real, fault.forged)));
    case 'error_response': return sendUnsigned(res, {
      code: '20000', msg: 'Service Currently Unavailable', sub_code: 'aop.unknow-error', sub_msg: '系统繁忙',
    });
    case 'huge': return answer(document(`"padding":"${'x'.repeat(HUGE_BYTES)}",${real}`));
    case 'html': return send(res, 200, 'text/html; charset=utf-8', PROXY_PAGE);
    case 'truncated': return answer(document(real).slice(0, -40));
    default: throw new Error(`unknown gateway mode ${fault.mode}`);
  }
}

/** A second node of the same name, which says that the trade was paid; the signature belongs to the real one. */
function withForgedNode(name, node, real, place) {
  const forged = `"${name}":${encode({
    ...node, ...ACCEPTED, sub_code: undefined, sub_msg: undefined, trade_status: 'TRADE_SUCCESS',
  })}`;
  return place === 'first' ? `${forged},${real}` : `${real},${forged}`;
}
