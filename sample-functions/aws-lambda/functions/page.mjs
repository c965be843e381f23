/** Answers a request with a page of its own: status, headers and body. */
export async function handler({ method, raw_path: path, query_string_parameters: query = {} }) {
  const title = query.title ?? "no title";
  return {
    statusCode: method === "GET" ? 200 : 405,
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: `${title} at ${path.split("?", 1)[0]}\n`,
    isBase64Encoded: false,
  };
}
