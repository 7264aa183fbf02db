// GraphiQL on this server's API. A token in the address (`#token=…`, as the demo prints it) goes into the
// headers; it is kept nowhere, and taken out of the address at once.
(function () {
  "use strict";
  const place = document.getElementById("page");
  if (!["React", "ReactDOM", "graphqlWs", "GraphiQL"].every((name) => name in window)) {
    place.textContent = "GraphiQL's files could not be loaded. The API itself is at /graphql.";
    return;
  }
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) history.replaceState(null, "", location.pathname + location.search);
  const bearer = given ? `Bearer ${given}` : "Bearer YOUR_TOKEN";
  let headers = {};
  const socket = graphqlWs.createClient({
    url: location.origin.replace(/^http/, "ws") + "/graphql",
    lazyCloseTimeout: 0,
    connectionParams: () => headers,
  });
  const fetch = GraphiQL.createFetcher({ url: "/graphql", wsClient: socket });
  const fetcher = (operation, options) => {
    headers = (options && options.headers) || {};
    return fetch(operation, options);
  };
  // The history would keep the headers of every operation: the token is left out of all that is stored.
  const bare = (text) => {
    try {
      const kept = JSON.parse(text, (key, value) => (key === "headers" ? undefined : value));
      return JSON.stringify(kept);
    } catch {
      return text;
    }
  };
  const storage = {
    get length() {
      return localStorage.length;
    },
    getItem: (key) => localStorage.getItem(key),
    setItem: (key, value) => localStorage.setItem(key, bare(value)),
    removeItem: (key) => localStorage.removeItem(key),
    clear: () => localStorage.clear(),
  };
  const query = `# Ctrl-Enter runs. The token stands under "Headers" below; it is not stored.
query Newest {
  orders(first: 5) {
    totalCount
    nodes { number state totals { grandTotal { amount currencyCode } } }
  }
}

# What happens from now on:
subscription Live {
  events { cursor event { type summary } }
}
`;
  const page = React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: query,
    defaultHeaders: JSON.stringify({ Authorization: bearer }, null, 2),
    headers: given ? JSON.stringify({ Authorization: bearer }, null, 2) : undefined,
    defaultEditorToolsVisibility: "headers",
    shouldPersistHeaders: false,
    storage,
  });
  ReactDOM.createRoot(place).render(page);
})();
