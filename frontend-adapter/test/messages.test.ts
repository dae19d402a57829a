import { describe, expect, test } from "vitest";
import {
  decode,
  encodeError,
  encodeNotServed,
  encodeNotification,
  encodeRequest,
  encodeResult,
} from "../src/messages.js";
import type { Params } from "../src/messages.js";

describe("a line to messages", () => {
  const jsonrpc = "2.0";
  const table: [name: string, line: string, messages: unknown[]][] = [
    ["a result", '{"jsonrpc":"2.0","id":"S:1","result":1}', [{ id: "S:1", result: 1 }]],
    [
      "a result that is null",
      '{"jsonrpc":"2.0","id":"S:1","result":null}',
      [{ id: "S:1", result: null }],
    ],
    [
      "a null error beside a result",
      '{"jsonrpc":"2.0","id":1,"result":1,"error":null}',
      [{ id: 1, result: 1 }],
    ],
    [
      "an error",
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
      [
        {
          id: null,
          error: { code: -32700, message: "Parse error", data: undefined },
        },
      ],
    ],
    [
      "an error beside a null result",
      '{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1,"message":"no"}}',
      [{ id: 1, error: { code: 1, message: "no", data: undefined } }],
    ],
    [
      "an error with data, and a member that nobody knows",
      '{"jsonrpc":"2.0","id":"S:1","error":{"code":4004,"message":"no","data":{"path":"/"}},"x":1}',
      [{ id: "S:1", error: { code: 4004, message: "no", data: { path: "/" } } }],
    ],
    [
      "a request",
      '{"jsonrpc":"2.0","id":"S:w1","method":"confirm","params":["?"]}',
      [{ jsonrpc, id: "S:w1", method: "confirm", params: ["?"] }],
    ],
    [
      "a request with the id null",
      '{"jsonrpc":"2.0","id":null,"method":"confirm"}',
      [{ jsonrpc, id: null, method: "confirm" }],
    ],
    [
      "a notification",
      '{"jsonrpc":"2.0","method":"changed","params":[1]}',
      [{ jsonrpc, method: "changed", params: [1] }],
    ],
    [
      "a request with a deadline",
      '{"jsonrpc":"2.0","id":"S:w1","method":"confirm","timeoutMs":5}',
      [{ jsonrpc, id: "S:w1", method: "confirm", timeoutMs: 5 }],
    ],
    [
      "a notification to one session",
      '{"jsonrpc":"2.0","session":"S","method":"changed","params":[1]}',
      [{ jsonrpc, session: "S", method: "changed", params: [1] }],
    ],
    [
      "a batch, in which one entry is another dialect's",
      '[{"jsonrpc":"2.0","id":"S:1","result":1},{"id":"S:2","result":2},7,null]',
      [{ id: "S:1", result: 1 }],
    ],
    [
      "kkrpc 0.x",
      '{"id":"1faf","method":"","args":{"result":3},"type":"response","version":"json"}',
      [],
    ],
    ["kkrpc 2", '{"t":"r","id":"20e0","v":3}', []],
    ["superjson", '{"json":{"id":"1"},"meta":{}}', []],
    ["JSON that is no object", "3", []],
    ["null", "null", []],
    ["JSON-RPC 1.0", '{"jsonrpc":"1.0","id":"S:1","result":1}', []],
  ];
  test.each(table)("%s", (_name, line, messages) => {
    expect(decode(line)).toEqual(messages);
  });

  test.each([
    '{"jsonrpc":"2.0","id":"S:1"}',
    '{"jsonrpc":"2.0","id":"S:1","error":"no"}',
    '{"jsonrpc":"2.0","id":"S:1","error":{"message":"no"}}',
  ])("an answer that is none still settles its call: %s", (line) => {
    expect(decode(line)).toMatchObject([{ id: "S:1", error: { code: -32603 } }]);
  });

  test.each(["", "{", "Traceback (most recent call last):"])("not JSON: %j", (line) => {
    expect(() => decode(line)).toThrow(SyntaxError);
  });
});

/** Arrays in each other. */
function nested(levels: number): unknown[] {
  return JSON.parse("[".repeat(levels) + "]".repeat(levels)) as unknown[];
}

describe("a request to a line", () => {
  const good: [name: string, params: Params | undefined, end: string][] = [
    ["no params", undefined, "}"],
    ["by position", [1, "a", null, true], ',"params":[1,"a",null,true]}'],
    ["by name", { a: 1, b: undefined }, ',"params":{"a":1}}'],
    [
      "separators and planes",
      ["\u2028\r\n\ud83d\ude00"],
      ',"params":["\u2028\\r\\n\ud83d\ude00"]}',
    ],
    ["text that looks like an escape", ["\\ud800 null"], ',"params":["\\\\ud800 null"]}'],
    ["a date", [new Date(0)], ',"params":["1970-01-01T00:00:00.000Z"]}'],
    ["undefined members, deep", [{ a: [{ b: undefined, c: 1 }] }], ',"params":[{"a":[{"c":1}]}]}'],
    ["empty ones", [[], {}, new (class Empty {})()], ',"params":[[],{},{}]}'],
    ["no prototype", [Object.create(null)], ',"params":[{}]}'],
    ["an instance", [new (class Point { x = 1 })()], ',"params":[{"x":1}]}'], // prettier-ignore
    [
      "boxed values",
      [new Number(1), new String("a"), new Boolean(false)],
      ',"params":[1,"a",false]}',
    ],
    [
      "a toJSON, told its key",
      { k: { toJSON: (key: string) => [key, null] } },
      ',"params":{"k":["k",null]}}',
    ],
    ["498 levels", nested(498), `,"params":${"[".repeat(498)}${"]".repeat(498)}}`],
  ];
  test.each(good)("%s", (_name, params, end) => {
    expect(encodeRequest("S:1", "m", params)).toBe(
      `{"jsonrpc":"2.0","id":"S:1","method":"m"${end}`,
    );
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  const bad: [name: string, params: Params, message: string | RegExp][] = [
    ["NaN", [1, NaN], 'm: JSON cannot hold NaN (at "1" in its arguments)'],
    [
      "an infinity, deep",
      [{ a: [-Infinity] }],
      'm: JSON cannot hold -Infinity (at "0" in its arguments)',
    ],
    [
      "a function",
      [(): void => undefined],
      'm: JSON cannot hold a function (at "0" in its arguments)',
    ],
    [
      "a lone surrogate",
      { text: "a\ud800" },
      'm: JSON cannot hold a lone surrogate (at "text" in its arguments)',
    ],
    [
      "a lone surrogate in a key",
      [{ "a\udfff": 1 }],
      'm: JSON cannot hold a lone surrogate (at "a\\udfff" in its arguments)',
    ],
    ["a function, as a member", { cb: () => 1 }, 'm: JSON cannot hold a function (at "cb"'],
    ["a symbol", [{ a: Symbol("s") }], "m: JSON cannot hold a symbol"],
    ["undefined in a list", [undefined, 1], "m: JSON cannot hold undefined in a list: give null"],
    ["a hole", [[1, , 2]], "m: JSON cannot hold undefined in a list"], // prettier-ignore
    ["an invalid date", { at: new Date(NaN) }, 'm: JSON cannot hold NaN (at "at"'],
    ["a boxed NaN", [new Number(NaN)], "m: JSON cannot hold NaN"],
    ["a toJSON that says NaN", [{ toJSON: () => NaN }], "m: JSON cannot hold NaN"],
    [
      "a Map",
      { index: new Map([[1, 2]]) },
      'm: JSON cannot hold the contents of Map: give an array or a plain object (at "index"',
    ],
    [
      "a Set, as params",
      new Set([1]) as unknown as Params,
      /^m: .* of Set: give an array or a plain object$/,
    ],
    ["a promise", [Promise.resolve(1)], "the contents of Promise"],
    ["bytes", [new Uint8Array([1, 2])], "the contents of Uint8Array"],
    ["a buffer", [new ArrayBuffer(2)], "the contents of ArrayBuffer"],
    ["too deep a value", nested(499), "m: JSON cannot hold more than 498 levels"],
    [
      "too deep an object",
      [JSON.parse('{"a":'.repeat(498) + "1" + "}".repeat(498))],
      'm: JSON cannot hold more than 498 levels of arrays and objects (at "a" in its arguments)',
    ],
    ["a bigint", [1n], "m: Do not know how to serialize a BigInt"],
    ["a cycle", cycle, /^m: Converting circular structure/],
  ];
  test.each(bad)("%s is refused, not changed", (_name, params, message) => {
    expect(() => encodeRequest("S:1", "m", params)).toThrow(TypeError);
    expect(() => encodeRequest("S:1", "m", params)).toThrow(message);
  });
});

test("a request's deadline comes after its params", () => {
  expect(encodeRequest("S:1", "m", [1], 50)).toBe(
    '{"jsonrpc":"2.0","id":"S:1","method":"m","params":[1],"timeoutMs":50}',
  );
});

test("a notification has its session before its method", () => {
  expect(encodeNotification("S", "$/cancelRequest", { id: "S:1" })).toBe(
    '{"jsonrpc":"2.0","session":"S","method":"$/cancelRequest","params":{"id":"S:1"}}',
  );
});

describe("an answer to a line", () => {
  test.each([
    [1, "1"],
    [undefined, "null"],
    [null, "null"],
    [{ a: undefined, b: [] }, '{"b":[]}'],
  ])("%j", (result, text) => {
    expect(encodeResult("m's result", result)).toBe(text);
  });

  test.each([
    [NaN, "m's result: JSON cannot hold NaN"],
    [() => 1, "m's result: JSON cannot hold a function"],
    [["\ud800"], 'm\'s result: JSON cannot hold a lone surrogate (at "0")'],
    [1n, "m's result: Do not know how to serialize a BigInt"],
  ])("%o is refused", (result, message) => {
    expect(() => encodeResult("m's result", result)).toThrow(new TypeError(message));
  });

  test("an error; without what JSON cannot hold", () => {
    expect(encodeError("S:w1", { code: 7, message: "no", data: { a: 1 } })).toBe(
      '{"jsonrpc":"2.0","id":"S:w1","error":{"code":7,"message":"no","data":{"a":1}}}',
    );
    expect(encodeError(null, { code: 7, message: "no \ud800", data: NaN })).toBe(
      '{"jsonrpc":"2.0","id":null,"error":{"code":7,"message":"no \\ufffd"}}',
    );
  });
});

test("what this page does not expose", () => {
  expect(JSON.parse(encodeNotServed("S:w1", "confirm"))).toEqual({
    jsonrpc: "2.0",
    id: "S:w1",
    error: { code: -32601, message: "Method not found: this page does not expose 'confirm'" },
  });
});
