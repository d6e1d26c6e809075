// The peer of the ingress benchmark: a bare Node.js receiver that does what ours promises: HMAC over
// the raw body in constant time, dedup by id, append to a log, one fsync per group, then the answer.
//
//   node node_receiver.js DIRECTORY WORKERS      prints its port, serves until SIGTERM
'use strict';
const cluster = require('cluster');
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const path = require('path');

const [directory, workers] = [process.argv[2], Number(process.argv[3] || 1)];
const secret = 'bench-signing-secret';

function serve(port) {
  const log = fs.openSync(path.join(directory, `log.${process.pid}`), 'a');
  const seen = new Set();
  let group = [];
  let writing = false;

  function commit() {
    if (writing || group.length === 0) return;
    writing = true;
    const mine = group;
    group = [];
    fs.writev(log, mine.map((entry) => entry.body), (failed) => {
      if (failed) throw failed;
      fs.fdatasync(log, (unsynced) => {
        if (unsynced) throw unsynced;
        for (const {response, id} of mine) answer(response, id, false);
        writing = false;
        commit();
      });
    });
  }

  function answer(response, id, duplicate) {
    const text = duplicate ? `{"delivery":"${id}","duplicate":true}` : `{"delivery":"${id}"}`;
    response.writeHead(202, {'Content-Type': 'application/json', 'Content-Length': text.length});
    response.end(text);
  }

  function received(request, response, body) {
    const expected = crypto.createHmac('sha256', secret)
        .update(request.headers['x-front-request-timestamp'] + ':').update(body).digest();
    const given = Buffer.from(request.headers['x-front-signature'] || '', 'base64');
    if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
      response.writeHead(401, {'Content-Length': 0});
      return response.end();
    }
    const id = body.toString('latin1', 7, body.indexOf('"', 7));
    if (seen.has(id)) return answer(response, id, true);
    seen.add(id);
    group.push({response, id, body});
    commit();
  }

  const server = http.createServer({keepAlive: true, noDelay: true}, (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      received(request, response, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
  });
  server.keepAliveTimeout = 60000;
  server.listen(port, '127.0.0.1', () => {
    const bound = server.address().port;
    if (cluster.isWorker) process.send(bound);
    else console.log(bound);
  });
}

if (workers > 1 && cluster.isPrimary) {
  const ports = [];
  for (let i = 0; i < workers; i++) {
    cluster.fork().on('message', (port) => {
      ports.push(port);
      if (ports.length === workers) console.log(port);
    });
  }
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
    process.exit(0);
  });
} else {
  serve(0);
}
