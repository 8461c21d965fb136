/* SPDX-License-Identifier: MIT */
/* clang-format off */
/* vap_http.h - vap.http/1: the host's streaming HTTP client, for agents that ask a model or another
 * service. It holds the connections, the threads, the keys and the list of whom an agent may ask.
 *
 * EGRESS      An agent reaches the hosts that its operator lists, [agents.NAME.http] allow, and no
 *             other; https is always verified. Redirects are answers like any, unless VAP_HTTP_FOLLOW.
 * SECRETS     "{secret:NAME}" in a header's value becomes the operator's secret of that name, on
 *             its way to the server: over https, or to this very machine. No plugin reads it.
 * CALLBACKS   [turn], in order, never two at once for one request, never on the thread that holds
 *             the sockets: they may block, and then the server waits. on_end comes exactly once, as
 *             the last. Of a request sent before the agent is ready (in create, or its self-test)
 *             they begin when it is, or never: free user in destroy.
 * CANCELLED   A request of a reply is cut when its turn is cancelled, and when the reply ends; one
 *             of the agent (reply 0) lives until cancel, or until this version has to go.
 * LEASE       From send until on_end has returned this version of the plugin stays loaded.
 * GROWTH      Records with a struct_size gain fields at their end, in a minor version.
 */
#ifndef VAP_HTTP_H
#define VAP_HTTP_H

#include "vap.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VAP_EXT_HTTP "vap.http/1"           /* host: requests to whom the operator allows */

typedef struct vap_http_header {
    vap_str_t name;                         /* eg: "Content-Type"; in any case */
    vap_str_t value;                        /* eg: "Bearer {secret:openai}" */
} vap_http_header_t;

typedef uint32_t vap_http_flags_t;
enum vap_http_flags { VAP_HTTP_FOLLOW = 1 };/* redirects too: at most 5, each to an allowed host */

typedef struct vap_http_request {           /* all of it is borrowed until send returns */
    uint32_t         struct_size;
    vap_http_flags_t flags;
    vap_str_t        method;                /* eg: "POST"; empty: POST with a body, GET without */
    vap_str_t        url;                   /* eg: "https://api.example.com/v1/chat" */
    const vap_http_header_t *headers;
    size_t           header_count;
    vap_str_t        body;                  /* say what it is: Content-Type is yours to set */
    uint32_t         connect_ms;            /* from send until connected; 0: 5 s */
    uint32_t         first_byte_ms;         /* from send to the first byte of a body; 0: 30 s */
    uint32_t         idle_ms;               /* between two pieces of a body; 0: 30 s */
    uint32_t         whole_ms;              /* from send to the end; 0: 5 min */
} vap_http_request_t;

typedef struct vap_http_head {              /* borrowed until on_head returns */
    uint32_t         struct_size;
    int32_t          http_status;           /* eg: 200; also 404 and the like are answers */
    const vap_http_header_t *headers;       /* names in lower case */
    size_t           header_count;
} vap_http_head_t;

typedef int32_t vap_http_timeout_t;
enum vap_http_timeout {
    VAP_HTTP_TIMEOUT_NONE       = 0,
    VAP_HTTP_TIMEOUT_CONNECT    = 1,
    VAP_HTTP_TIMEOUT_FIRST_BYTE = 2,
    VAP_HTTP_TIMEOUT_IDLE       = 3,
    VAP_HTTP_TIMEOUT_WHOLE      = 4
};

typedef struct vap_http_end {               /* borrowed until on_end returns */
    uint32_t           struct_size;
    vap_status_t       status;              /* VAP_OK: the whole answer has come, whatever it says;
                                             * VAP_E_CANCELLED, VAP_E_DEADLINE, or VAP_E_FAILED */
    int32_t            http_status;         /* 0 where no answer had begun */
    vap_http_timeout_t timeout;             /* which one, of VAP_E_DEADLINE */
    vap_str_t          message;             /* why not VAP_OK, for a person */
    int64_t            first_byte_ms;       /* it took so long; -1: none came */
    int64_t            whole_ms;
} vap_http_end_t;

typedef struct vap_http_handler {           /* borrowed until send returns */
    uint32_t struct_size;
    uint32_t reserved;                      /* 0 */
    void (VAP_CALL *on_head)(void *user, const vap_http_head_t *) VAP_NOEXCEPT;  /* may be null */
    void (VAP_CALL *on_chunk)(void *user, vap_str_t bytes) VAP_NOEXCEPT;         /* may be null */
    void (VAP_CALL *on_end)(void *user, const vap_http_end_t *) VAP_NOEXCEPT;
} vap_http_handler_t;

typedef struct vap_ext_http {
    /* Begin a request, of this reply or (0) of the agent, and return. Only after VAP_OK are there
     * callbacks, and *id (which may be null, else is never 0) is written before the first of them.
     * VAP_E_UNSUPPORTED: the operator does not allow that host. VAP_E_NOT_FOUND: no such secret.
     * VAP_E_INVALID, VAP_E_CANCELLED, VAP_E_ENDED, VAP_E_LIMIT: too many are open. *why (which may
     * be null) says it for a person. [any] */
    vap_status_t (VAP_CALL *send)(const vap_host_t *, vap_reply_t, const vap_http_request_t *,
                                  const vap_http_handler_t *, void *user, uint64_t *id,
                                  vap_error_t *why) VAP_NOEXCEPT;
    /* Cut it: nothing is handed on any more but what a callback is already on its way with, and
     * on_end comes soon. VAP_E_NOT_FOUND: it is over. [any] */
    vap_status_t (VAP_CALL *cancel)(const vap_host_t *, uint64_t id) VAP_NOEXCEPT;
    /* Open a connection to the host of this URL, for the first request to find. Answers like send;
     * whether it could connect shows when it is used. [any] */
    vap_status_t (VAP_CALL *warm)(const vap_host_t *, vap_str_t url, vap_error_t *why) VAP_NOEXCEPT;
} vap_ext_http_t;

#ifdef __cplusplus
}
#endif
#endif
