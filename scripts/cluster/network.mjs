import { execFileSync } from 'node:child_process';

/**
 * Two machines' networks: a bridge with an address, and two namespaces that hang on it by a cable each (`link`, on our
 * side of it: while that is down, what the other side sends is lost without a word). Throws where that is not allowed.
 */
export function openNetwork() {
  const id = process.pid % 250;
  const subnet = `10.213.${id}`;
  const bridge = `lo-br${process.pid}`.slice(0, 15);
  const hosts = ['a', 'b'].map((name, index) => ({
    namespace: `locus-${process.pid}-${name}`,
    link: `lo${name}${process.pid}`.slice(0, 15),
    address: `${subnet}.${index + 2}`,
  }));
  const close = () => {
    for (const { namespace } of hosts) quietly('netns', 'delete', namespace);
    quietly('link', 'delete', bridge);
  };
  try {
    ip('link', 'add', bridge, 'type', 'bridge');
    ip('address', 'add', `${subnet}.1/24`, 'dev', bridge);
    ip('link', 'set', bridge, 'up');
    for (const { namespace, link, address } of hosts) {
      ip('netns', 'add', namespace);
      ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
      ip('link', 'set', link, 'master', bridge, 'up');
      ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
      ip('-n', namespace, 'link', 'set', 'eth0', 'up');
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
    }
  } catch (error) {
    close();
    throw error;
  }
  return { address: `${subnet}.1`, hosts, close };
}

function ip(...args) {
  try {
    return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`\`ip ${args.join(' ')}\`: ${error.stderr?.trim() || error.message}`);
  }
}

function quietly(...args) {
  try {
    return ip(...args);
  } catch {
    return null;
  }
}
