/** A WebSocket as the core takes it: words in, words out. */
import type { SocketPort } from "#core/ports";

export function socketPort(socket: WebSocket): SocketPort {
  const port: SocketPort = {
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
    onopen: null,
    onmessage: null,
    onclose: null,
  };
  socket.addEventListener("open", () => port.onopen?.());
  socket.addEventListener("message", (event: MessageEvent<unknown>) => port.onmessage?.(String(event.data)));
  socket.addEventListener("close", (event) => port.onclose?.(event.code, event.reason));
  return port;
}
