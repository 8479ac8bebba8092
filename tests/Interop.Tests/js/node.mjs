// A js-libp2p node driven by lines of JSON: commands on stdin, answers on stdout. One command at a time.
// Arguments: security (noise|tls), key (Ed25519|RSA), then any of: kad-server kad-client relay-server relay-client autonat dcutr,
// deaf (no TCP listener), /… (an address to listen on besides), only=/… (the one to listen on), announce=/… (one to tell besides)
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'

if (Promise.withResolvers === undefined) { // Node 20
  Promise.withResolvers = () => {
    let resolve, reject
    const promise = new Promise((a, b) => { resolve = a; reject = b })
    return { promise, resolve, reject }
  }
}

const { createLibp2p } = await import('libp2p')
const { tcp } = await import('@libp2p/tcp')
const { noise } = await import('@chainsafe/libp2p-noise')
const { tls } = await import('@libp2p/tls')
const { yamux } = await import('@chainsafe/libp2p-yamux')
const { identify, identifyPush } = await import('@libp2p/identify')
const { ping } = await import('@libp2p/ping')
const { kadDHT, passthroughMapper } = await import('@libp2p/kad-dht')
const { circuitRelayServer, circuitRelayTransport } = await import('@libp2p/circuit-relay-v2')
const { autoNAT } = await import('@libp2p/autonat')
const { Message: AutoNatMessage } = await import(new URL('./node_modules/@libp2p/autonat/dist/src/pb/index.js', import.meta.url))
const { dcutr } = await import('@libp2p/dcutr')
const { pbStream } = await import('@libp2p/utils')
const { generateKeyPair } = await import('@libp2p/crypto/keys')
const { multiaddr } = await import('@multiformats/multiaddr')
const { peerIdFromString } = await import('@libp2p/peer-id')

const [security, key, ...roles] = process.argv.slice(2)
const say = value => process.stdout.write(JSON.stringify(value) + '\n')
const services = { identify: identify(), push: identifyPush(), ping: ping() }
if (roles.some(role => role.startsWith('kad'))) {
  services.dht = kadDHT({
    protocol: '/ipfs/kad/1.0.0', clientMode: roles.includes('kad-client'), peerInfoMapper: passthroughMapper, allowQueryWithZeroPeers: true
  })
}
if (roles.includes('relay-server')) services.relay = circuitRelayServer({ reservations: { defaultDataLimit: BigInt(1 << 30) } })
if (roles.includes('autonat')) services.autonat = autoNAT()
if (roles.includes('dcutr')) services.dcutr = dcutr()
const values = name => roles.filter(role => role.startsWith(name + '=')).map(role => role.slice(name.length + 1))
const listen = roles.includes('deaf') ? [] : values('only').length > 0 ? values('only') : ['/ip4/127.0.0.1/tcp/0']
for (const role of roles) if (role.startsWith('/')) listen.push(role)

const node = await createLibp2p({
  privateKey: key === 'RSA' ? await generateKeyPair('RSA', 2048) : await generateKeyPair('Ed25519'),
  addresses: { listen, appendAnnounce: values('announce') },
  transports: roles.includes('relay-client') ? [tcp(), circuitRelayTransport()] : [tcp()],
  connectionEncrypters: [security === 'tls' ? tls() : noise()],
  streamMuxers: [yamux()],
  connectionManager: { dialTimeout: 20000 },
  connectionGater: { denyDialMultiaddr: () => false },
  services
})

if (roles.includes('autonat')) {
  // As it comes, the service takes the asker's own connection for the dial-back, and closes it before it has answered.
  const manager = node.components.connectionManager
  const open = manager.openConnection.bind(manager)
  manager.openConnection = (address, options) => open(address, { ...options, force: true })
}

const send = async (stream, bytes) => { if (!stream.send(bytes)) await stream.onDrain() }
const pattern = (start, length) => { const b = Buffer.alloc(length); for (let i = 0; i < length; i++) b[i] = ((start + i) * 31 + ((start + i) >> 8)) & 255; return b }
const sendPattern = async (stream, total) => { for (let at = 0; at < total; at += 65536) await send(stream, pattern(at, Math.min(65536, total - at))) }
// The stream's own iterator never ends where the end came before it was begun.
const read = async function * (stream) {
  const parts = []
  let wake = () => {}
  for (const event of ['message', 'remoteCloseWrite', 'close']) {
    stream.addEventListener(event, e => { if (event === 'message') parts.push(e.data); wake() })
  }
  await Promise.resolve()
  while (true) {
    if (parts.length > 0) yield parts.shift()
    else if (stream.remoteWriteStatus === 'closed' && stream.readBufferLength === 0) return
    else await new Promise(resolve => { wake = resolve })
  }
}
const hash = async stream => {
  const sum = createHash('sha256'); let bytes = 0
  for await (const part of read(stream)) { const b = part.subarray(); sum.update(b); bytes += b.byteLength }
  return { sha256: sum.digest('hex'), bytes }
}
const options = { runOnLimitedConnection: true, maxInboundStreams: 1000, maxOutboundStreams: 1000 }

// Everything comes back.
await node.handle('/echo/1', async stream => { for await (const part of read(stream)) await send(stream, part.subarray()); await stream.close() }, options)
// No leading slash, as hivemind's names: bytes are hashed, the hash comes back.
await node.handle('Sink.rpc_hash', async stream => { const { sha256 } = await hash(stream); await send(stream, Buffer.from(sha256, 'hex')); await stream.close() }, options)
// The first 4 bytes (big-endian) say how many bytes of the pattern to send.
await node.handle('/source/1', async stream => {
  let head = Buffer.alloc(0)
  for await (const part of read(stream)) { head = Buffer.concat([head, part.subarray()]); if (head.length >= 4) break }
  await sendPattern(stream, head.readUInt32BE())
  await stream.close()
}, options)

const commands = {
  dial: async ({ address }) => ({ peer: (await node.dial(multiaddr(address))).remotePeer.toString() }),
  echo: async ({ address, text }) => {
    const stream = await node.dialProtocol(multiaddr(address), '/echo/1', options)
    await send(stream, Buffer.from(text)); await stream.close()
    let back = ''
    for await (const part of read(stream)) back += Buffer.from(part.subarray()).toString()
    return { text: back }
  },
  echoes: async ({ address, count, bytes }) => {
    const one = async i => {
      const stream = await node.dialProtocol(multiaddr(address), '/echo/1', options)
      const reading = hash(stream)
      await sendPattern(stream, bytes + i); await stream.close()
      return (await reading).bytes
    }
    return { received: await Promise.all(Array.from({ length: count }, (_, i) => one(i))) }
  },
  sink: async ({ address, bytes }) => {
    const stream = await node.dialProtocol(multiaddr(address), 'Sink.rpc_hash', options)
    await sendPattern(stream, bytes); await stream.close()
    let back = Buffer.alloc(0)
    for await (const part of read(stream)) back = Buffer.concat([back, part.subarray()])
    return { sha256: back.toString('hex') }
  },
  source: async ({ address, bytes }) => {
    const stream = await node.dialProtocol(multiaddr(address), '/source/1', options)
    const head = Buffer.alloc(4); head.writeUInt32BE(bytes); await send(stream, head); await stream.close()
    return await hash(stream)
  },
  ping: async ({ address }) => ({ ms: await node.services.ping.ping(multiaddr(address)) }),
  peer: async ({ id }) => {
    const peer = await node.peerStore.get(peerIdFromString(id))
    return { protocols: peer.protocols, addresses: peer.addresses.map(a => a.multiaddr.toString()), agent: Buffer.from(peer.metadata.get('AgentVersion') ?? []).toString() }
  },
  findPeer: async ({ id }) => ({ addresses: (await node.peerRouting.findPeer(peerIdFromString(id), { signal: AbortSignal.timeout(15000) })).multiaddrs.map(String) }),
  addresses: async () => ({ addresses: node.getMultiaddrs().map(String) }),
  verified: async () => ({ addresses: node.components.addressManager.getAddressesWithMetadata().filter(a => a.verified).map(a => a.multiaddr.toString()) }),
  askAutoNat: async ({ address, id, own }) => {
    const stream = await node.dialProtocol(multiaddr(address), '/libp2p/autonat/1.0.0')
    const messages = pbStream(stream).pb(AutoNatMessage)
    const peer = { id: peerIdFromString(id).toMultihash().bytes, addrs: own.map(a => multiaddr(a).bytes) }
    await messages.write({ type: AutoNatMessage.MessageType.DIAL, dial: { peer } })
    const { type, dialResponse } = await messages.read()
    await stream.close()
    return { type, status: dialResponse.status, text: dialResponse.statusText, address: dialResponse.addr?.length > 0 ? multiaddr(dialResponse.addr).toString() : null }
  },
  connections: async () => ({ connections: node.getConnections().map(c => ({ peer: c.remotePeer.toString(), limits: c.limits != null, address: c.remoteAddr.toString(), muxer: c.multiplexer, encryption: c.encryption })) })
}

// With those that nobody has verified yet.
say({ id: node.peerId.toString(), addresses: node.components.addressManager.getAddressesWithMetadata().map(a => a.multiaddr.toString()) })
for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...args } = JSON.parse(line)
  try { say(await commands[command](args)) } catch (e) { say({ error: `${e.name}: ${e.message}` }) }
}
await node.stop()
process.exit(0)
