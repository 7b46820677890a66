// What tlstalk.py does, with the OpenSSL in Node.js: tlstalk.js FOLDER COUNT
const tls = require("tls");
const fs = require("fs");

const [folder, count] = [process.argv[2], Number(process.argv[3])];
const log = fs.openSync(`${folder}/own.log`, "w");
const server = tls.createServer({
  cert: fs.readFileSync(`${folder}/certificate.pem`),
  key: fs.readFileSync(`${folder}/key.pem`),
}, (socket) => socket.end("ok"));
server.on("keylog", (line) => fs.writeSync(log, line));

function talk(left) {
  if (left === 0) {
    console.log("done");
    return;
  }
  const socket = tls.connect(server.address().port, "127.0.0.1", { rejectUnauthorized: false });
  socket.resume();
  socket.on("close", () => talk(left - 1));
}

server.listen(0, "127.0.0.1", () => {
  console.log("ready");
  process.stdin.once("data", () => talk(count));
  process.stdin.on("end", () => process.exit());
});
