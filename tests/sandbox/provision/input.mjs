const TYPES = ['web_widget', 'api'];

const text = (value, max) => typeof value === 'string' && value.trim() !== '' && [...value].length <= max;
const whole = (value) => Number.isInteger(value) && value > 0;

/** @returns {string|null} what is wrong with the body of `POST /provision` */
export function checkProvision(body) {
  if (!text(body.name, 100)) return 'name is required, at most 100 characters';
  if (!text(body.domain, 255)) return 'domain is required, at most 255 characters';
  if (!text(body.email, 255) || !body.email.includes('@')) return 'email is invalid';
  if (!TYPES.includes(body.type)) return `type must be one of: ${TYPES.join(', ')}`;
  if (body.max_agents !== undefined && !whole(body.max_agents)) return 'max_agents must be a positive integer';
  if (body.agent_id !== undefined && !text(body.agent_id, 100)) return 'agent_id is invalid';
  return null;
}

export function checkSuspend(body) {
  if (!whole(body.inbox_id)) return 'inbox_id is required';
  if (!text(body.tenant_name, 100)) return 'tenant_name is required';
  if (!text(body.domain, 255)) return 'domain is required';
  return null;
}

export function checkActivate(body) {
  return whole(body.inbox_id) ? null : 'inbox_id is required';
}
