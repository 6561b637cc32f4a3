// What a lab page does: joins, shows what it receives, and tells what getStats says, summed over all transports.

// as the consoles do it (web/ui/src/call/call.ts)
const RETRY_MS = [0, 300, 600, ...Array(120).fill(700)];

const lab = { states: [], room: null };
window.lab = lab;

lab.join = async (url, token, options) => {
  const room = new LivekitClient.Room({ adaptiveStream: false, dynacast: true, reconnectPolicy: new LivekitClient.DefaultReconnectPolicy(RETRY_MS) });
  lab.room = room;
  room.on('connectionStateChanged', (state) => lab.states.push([Date.now(), state]));
  await room.connect(url, token, { maxRetries: 3, websocketTimeout: 2_500, ...options });
  await room.localParticipant.enableCameraAndMicrophone();
};

// a picture that nobody shows is not decoded
lab.show = () => {
  const people = [...lab.room.remoteParticipants.values()];
  for (const { track } of people.flatMap((person) => [...person.trackPublications.values()])) {
    if (!track || track.attachedElements.length) continue;
    const element = track.attach();
    element.width = 640;
    element.height = 360;
    document.body.append(element);
  }
};

const ADDED = [
  'packetsReceived',
  'packetsLost',
  'framesDecoded',
  'freezeCount',
  'totalFreezesDuration',
  'concealedSamples',
  'silentConcealedSamples',
  'totalSamplesReceived',
  'bytesReceived',
];

lab.stats = async () => {
  lab.show();
  const found = { at: performance.now(), state: lab.room.state, audio: {}, video: {}, sent: { bytes: 0, heights: [] }, pair: null };
  const { publisher, subscriber } = lab.room.engine.pcManager ?? {};
  for (const transport of [publisher, subscriber]) {
    if (!transport) continue;
    const rows = await transport.getStats();
    for (const row of rows.values()) {
      if (row.type === 'inbound-rtp' && row.packetsReceived) {
        const into = found[row.kind];
        for (const name of ADDED) into[name] = (into[name] ?? 0) + (row[name] ?? 0);
        into.height = Math.max(into.height ?? 0, row.frameHeight ?? 0);
      }
      if (row.type === 'outbound-rtp') {
        found.sent.bytes += row.bytesSent + (row.headerBytesSent ?? 0);
        if (row.kind === 'video' && row.active && row.framesSent) found.sent.heights.push(row.frameHeight ?? 0);
      }
      if (row.type === 'transport' && row.selectedCandidatePairId) {
        const pair = rows.get(row.selectedCandidatePairId);
        const local = rows.get(pair.localCandidateId);
        const remote = rows.get(pair.remoteCandidateId);
        found.pair = {
          type: local.candidateType,
          protocol: local.protocol,
          relay: local.relayProtocol ?? '',
          remote: remote.address,
          port: remote.port,
        };
      }
    }
  }
  return found;
};

/** Local addresses of the candidate pairs in use. */
lab.addresses = async () => {
  const found = [];
  const { publisher, subscriber } = lab.room.engine.pcManager ?? {};
  for (const transport of [publisher, subscriber]) {
    if (!transport) continue;
    const rows = await transport.getStats();
    for (const row of rows.values()) {
      const pair = row.type === 'transport' ? rows.get(row.selectedCandidatePairId) : undefined;
      if (pair) found.push(rows.get(pair.localCandidateId).address);
    }
  }
  return found;
};
