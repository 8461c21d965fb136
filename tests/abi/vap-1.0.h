/* SPDX-License-Identifier: MIT */
/* clang-format off */
/* vap.h - Voice Agent Plugin, ABI 1.0. One header, C99, nothing but the C library's own types.
 * A plugin is a shared library that exports ONE function, vap_plugin_v1(); all else hangs on it.
 *
 * GROWTH      The records vap_turn, vap_config and vap_line gain fields at their end, in a minor
 *             version. All else is frozen in a major version: new abilities are extensions, asked
 *             for by an id that ends in its revision, "vap.state/1". Major 2: vap_plugin_v2.
 * STRINGS     UTF-8, pointer and length. The host's have a NUL at ptr[len], or are null and empty.
 * OWNERSHIP   Who made it frees it. A pointer passed in a call is borrowed until that call returns,
 *             unless tagged [until-end] (of the reply) or [until-destroy] (of the agent).
 * THREADS     [control]  one host thread at a time per plugin, never beside another [control].
 *             [turn]     any host worker. Turns of one conversation come one after another; but a
 *                        cancelled one may still run beside the next, a "data" event beside any.
 *             [any]      any thread, also the plugin's own; safe to call at once.
 *             The host never calls in from inside a call to the host: hold your lock if you like.
 * REPLIES     A number, not a pointer. One that is ended or not yours gives VAP_E_ENDED.
 * EVENTS      "message", "session.start": say and data stream to the caller, in order.
 *             "data": the first data() is the JSON answer, {} without one; a second data() and any
 *             say() give VAP_E_UNSUPPORTED.
 *             "session.end", "session.update", "session.start" without a turn_id, and any other:
 *             nobody listens, say and data give VAP_E_UNSUPPORTED. To what you do not know: VAP_OK.
 * CANCELLED   Once a turn is cancelled, say, data, hangup, state put and journal begin fail with
 *             VAP_E_CANCELLED: a late turn neither speaks nor overwrites what a newer one wrote.
 *             Journal finish and drop still work: what is done is done.
 * ERRORS      0 done, >0 done with a remark, <0 failed; an unknown code <0 is VAP_E_FAILED, an
 *             unknown cancel reason a cancel. The vap_error_t a plugin gets is never null, comes
 *             zeroed, and is for logs: the caller hears the host's fallback line, not its text.
 * LIMITS      One say or data: 1 MiB. State, and journal: key 1 to 256 bytes, value 64 KiB, 256
 *             keys a conversation. Beyond: VAP_E_LIMIT, and nothing of it was sent or stored.
 * FORBIDDEN   Letting an exception or longjmp cross; exit(), abort(), fork(); changing signal
 *             handlers, locale, environment or working directory; work in ELF constructors;
 *             returning from destroy() while a thread of the plugin still runs its code.
 */
#ifndef VAP_H
#define VAP_H

#include <stddef.h>
#include <stdint.h>

#define VAP_ABI_MAJOR 1
#define VAP_ABI_MINOR 0

#if defined(_WIN32)
#  define VAP_CALL   __cdecl
#  define VAP_EXPORT __declspec(dllexport)
#else
#  define VAP_CALL
#  define VAP_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
#  define VAP_NOEXCEPT noexcept
extern "C" {
#else
#  define VAP_NOEXCEPT
#endif

/* Does *p, as its maker knew it, reach past field f? Ask before reading any field that a later
 * minor version added. */
#define VAP_HAS(type, p, f) ((p)->struct_size >= offsetof(type, f) + sizeof((p)->f))

typedef struct vap_str {
    const char *ptr;                        /* may be null when len is 0 */
    size_t      len;
} vap_str_t;

typedef int32_t vap_status_t;
enum vap_status {
    VAP_OK              =   0,
    VAP_ASYNC           =   1,              /* on_turn: I keep the reply and shall end it later */
    VAP_PASS            =   2,              /* on_turn, end: done, and silent on purpose */
    VAP_LATER           =   3,              /* kept, and written down when the store is back */
    VAP_E_FAILED        =  -1,
    VAP_E_INVALID       =  -2,              /* bad argument, bad JSON */
    VAP_E_UNSUPPORTED   =  -3,              /* not on this event, not by this host */
    VAP_E_CANCELLED     =  -4,              /* nobody listens any more: stop working on this turn */
    VAP_E_DEADLINE      =  -5,              /* waited until the turn's time was over */
    VAP_E_AGAIN         =  -6,              /* the listener is slow and VAP_NOWAIT was given */
    VAP_E_ENDED         =  -7,              /* no such reply, or ended already */
    VAP_E_NOT_FOUND     =  -8,
    VAP_E_CONFLICT      =  -9,              /* changed since it was read */
    VAP_E_LIMIT         = -10,              /* too big, too many */
    VAP_E_EXCEPTION     = -11,              /* vap.hpp caught one */
    VAP_E_UNAVAILABLE   = -12,              /* the store is down: nothing is known, nothing done */
    VAP_E_IN_DOUBT      = -13               /* journal: begun, and nobody told how it ended */
};

typedef struct vap_error {                  /* filled by the side that fails; plain memory */
    int32_t code;                           /* 0 or the status returned */
    char    message[508];                   /* NUL-terminated UTF-8, cut if too long */
} vap_error_t;

typedef struct vap_host  vap_host_t;        /* the host, as one agent sees it */
typedef struct vap_agent vap_agent_t;       /* one configured agent: the plugin's own type */
typedef uint64_t         vap_reply_t;       /* the open answer to one turn; never 0 */

/* ------------------------------------------------------------------ what the host offers ---- */

typedef int32_t vap_log_level_t;
enum vap_log_level { VAP_LOG_DEBUG = 0, VAP_LOG_INFO = 1, VAP_LOG_WARN = 2, VAP_LOG_ERROR = 3 };

typedef uint32_t vap_emit_flags_t;
enum vap_emit_flags { VAP_NOWAIT = 1 };     /* rather VAP_E_AGAIN, with nothing sent, than wait */

typedef int32_t vap_cancel_t;               /* why a turn was cancelled */
enum vap_cancel {
    VAP_CANCEL_NONE     = 0,
    VAP_CANCEL_HANGUP   = 1,                /* the caller, or the stream to the caller, is gone */
    VAP_CANCEL_BARGE_IN = 2,                /* the caller spoke again: a newer turn has begun */
    VAP_CANCEL_DEADLINE = 3,                /* the turn's time is over */
    VAP_CANCEL_RELOAD   = 4,                /* a newer version waited long enough for this one */
    VAP_CANCEL_SHUTDOWN = 5
};

struct vap_host {
    uint32_t  struct_size;
    uint32_t  abi_minor;                    /* what this host speaks */
    vap_str_t name;                         /* eg: "patchbay"; not for decisions [until-destroy] */
    vap_str_t version;                      /* eg: "0.1.0" [until-destroy] */

    /* An extension's vtable, or null; the same one every time. [until-destroy] [any] */
    const void *(VAP_CALL *get_extension)(const vap_host_t *, const char *id) VAP_NOEXCEPT;

    /* One line of the host's log, with the agent's name added. [any] */
    void (VAP_CALL *log)(const vap_host_t *, vap_log_level_t, vap_str_t msg) VAP_NOEXCEPT;

    /* Speak text. Waits while the listener is slow, never past the turn's deadline. Empty text is
     * VAP_OK and does nothing; bytes that are no UTF-8 become U+FFFD. [any] */
    vap_status_t (VAP_CALL *say)(const vap_host_t *, vap_reply_t, vap_str_t text,
                                 vap_emit_flags_t) VAP_NOEXCEPT;

    /* Send one JSON value to the caller's screen, in order with what is said. On a "data" event it
     * is the answer. VAP_E_INVALID: not JSON. Waits like say. [any] */
    vap_status_t (VAP_CALL *data)(const vap_host_t *, vap_reply_t, vap_str_t json,
                                  vap_emit_flags_t) VAP_NOEXCEPT;

    /* End a reply that on_turn keeps with VAP_ASYNC: once, also after a cancel; it may come before
     * on_turn has returned. A status < 0 is a failed turn, as from on_turn. Until then this version
     * of the plugin stays loaded. err may be null. [any] */
    vap_status_t (VAP_CALL *end)(const vap_host_t *, vap_reply_t, vap_status_t,
                                 const vap_error_t *err) VAP_NOEXCEPT;

    /* VAP_CANCEL_NONE while somebody listens; VAP_CANCEL_HANGUP for a reply that is ended or not
     * yours. Cheap: ask as often as you like. [any] */
    vap_cancel_t (VAP_CALL *cancelled)(const vap_host_t *, vap_reply_t) VAP_NOEXCEPT;

    /* Milliseconds left for this turn, 0 when it is over. [any] */
    int64_t (VAP_CALL *time_left_ms)(const vap_host_t *, vap_reply_t) VAP_NOEXCEPT;
};

/* ------------------------------------------------------------------ what a plugin offers ---- */

typedef struct vap_turn {                   /* all of it is borrowed until on_turn returns */
    uint32_t  struct_size;
    uint32_t  reserved;                     /* 0 */
    vap_str_t event;                        /* eg: "message", "session.start", "data" */
    vap_str_t conversation_id;              /* eg: "conv_B2"; the same through all of a talk */
    vap_str_t session_id;                   /* eg: "sess_A1"; changes when the caller reconnects */
    vap_str_t turn_id;                      /* eg: "turn_C4"; empty where the event has none */
    vap_str_t text;                         /* what the caller said; empty where nothing */
    vap_str_t json;                         /* the verified request body, byte for byte */
    int64_t   deadline_ms;                  /* eg: 30000; the whole budget of this turn */
} vap_turn_t;

typedef struct vap_config {                 /* all of it is borrowed until create returns */
    uint32_t  struct_size;
    uint32_t  reserved;                     /* 0 */
    vap_str_t agent_id;                     /* eg: "default"; as the manifest names it */
    vap_str_t route;                        /* eg: "/agents/bakery"; for logs */
    vap_str_t json;                         /* one JSON object; "{}" if nothing is set */
} vap_config_t;

typedef struct vap_plugin {
    uint32_t struct_size;
    uint32_t abi_minor;                     /* VAP_ABI_MINOR of the header it was built with */

    /* Make one agent. May block (load a model, warm a cache): no caller waits for it. A failure
     * leaves whatever serves now in place. The host pointer is [until-destroy]. [control] */
    vap_status_t (VAP_CALL *create)(const vap_host_t *, const vap_config_t *,
                                    vap_agent_t **out, vap_error_t *) VAP_NOEXCEPT;

    /* Undo create. Called once, when no turn, reply or task of this agent is left. Must join every
     * thread the agent started. [control] */
    void (VAP_CALL *destroy)(vap_agent_t *) VAP_NOEXCEPT;

    /* Answer one turn. May block until the deadline.
     *   VAP_OK     the answer is complete; the host ends the reply. VAP_PASS: with nothing
     *   VAP_ASYNC  the agent keeps the reply and calls host->end() once, from any thread
     *   < 0        the turn failed. What was already said stays said; where somebody listens the
     *              fallback line follows it. The host ends the reply, so a kept number is stale
     * At the deadline the host does the same, and cancels; the lease on this version stays until
     * on_turn has returned and a kept reply was ended. [turn] */
    vap_status_t (VAP_CALL *on_turn)(vap_agent_t *, const vap_turn_t *, vap_reply_t,
                                     vap_error_t *) VAP_NOEXCEPT;

    /* An optional extension's vtable, or null; the same every time, good as long as the library is
     * mapped. Ids match whole: "vap.cancel/10" is not "vap.cancel/1". [any] */
    const void *(VAP_CALL *get_extension)(const char *id) VAP_NOEXCEPT;
} vap_plugin_t;

/* The one exported symbol. No side effects; the same pointer every time, good as long as the
 * library is mapped. [any] */
VAP_EXPORT const vap_plugin_t *VAP_CALL vap_plugin_v1(void) VAP_NOEXCEPT;

/* ------------------------------------------------------- extensions of the first release ---- */

#define VAP_EXT_CANCEL "vap.cancel/1"       /* plugin: be told, instead of asking */
typedef struct vap_ext_cancel {
    /* The turn of this reply was cancelled. A kept reply is still yours to end. May run beside
     * on_turn of the same turn, or just after the reply's end. [turn] */
    void (VAP_CALL *on_cancel)(vap_agent_t *, vap_reply_t, vap_cancel_t) VAP_NOEXCEPT;
} vap_ext_cancel_t;

#define VAP_EXT_SELFTEST "vap.selftest/1"   /* plugin: prove yourself before you get calls */
typedef struct vap_ext_selftest {
    /* Between create and the first turn. A failure keeps the old version serving. [control] */
    vap_status_t (VAP_CALL *run)(vap_agent_t *, vap_error_t *) VAP_NOEXCEPT;
} vap_ext_selftest_t;

#define VAP_EXT_HANDOVER "vap.handover/1"   /* plugin: carry something over a reload */
typedef struct vap_ext_handover {
    /* Old version: hand bytes to put, any number of times. Turns may still be running. [control] */
    vap_status_t (VAP_CALL *save)(vap_agent_t *, void *ctx,
                                  void (VAP_CALL *put)(void *ctx, vap_str_t bytes)) VAP_NOEXCEPT;
    /* New version: before its first turn. Bytes it cannot use are VAP_E_INVALID. A failure keeps
     * the old version serving. [control] */
    vap_status_t (VAP_CALL *load)(vap_agent_t *, vap_str_t from_version, vap_str_t bytes,
                                  vap_error_t *) VAP_NOEXCEPT;
} vap_ext_handover_t;

#define VAP_EXT_STATE "vap.state/1"         /* host: memory of a conversation; outlives a reload */
#define VAP_REV_ANY   UINT64_MAX
typedef struct vap_ext_state {
    /* *out is [until-end]. *rev (which may be null) feeds put(): it differs after every put, and is
     * never 0 for a key that is there. Absent: VAP_E_NOT_FOUND, *out empty, *rev 0. [any] */
    vap_status_t (VAP_CALL *get)(const vap_host_t *, vap_reply_t, vap_str_t key, vap_str_t *out,
                                 uint64_t *rev) VAP_NOEXCEPT;
    /* Store if the key's revision still is rev (0: if it is absent; VAP_REV_ANY: in any case), else
     * VAP_E_CONFLICT. An empty value removes the key; so it is absent, and that is VAP_OK. [any] */
    vap_status_t (VAP_CALL *put)(const vap_host_t *, vap_reply_t, vap_str_t key, vap_str_t value,
                                 uint64_t rev) VAP_NOEXCEPT;
} vap_ext_state_t;

#define VAP_EXT_HISTORY "vap.history/1"     /* host: the talk as it was heard */
typedef int32_t vap_role_t;
enum vap_role { VAP_ROLE_CALLER = 1, VAP_ROLE_AGENT = 2 };
typedef uint32_t vap_line_flags_t;
enum vap_line_flags {
    VAP_LINE_INTERRUPTED = 1,               /* cut off: what was heard of it; if unknown, sent */
    VAP_LINE_HOST        = 2,               /* has words of the host in it, eg: its fallback line */
    VAP_LINE_CURRENT     = 4                /* what this very turn was asked; always the last */
};
typedef struct vap_line {                   /* never empty; roles alternate */
    uint32_t         struct_size;
    vap_line_flags_t flags;
    vap_role_t       role;
    uint32_t         reserved;              /* 0 */
    vap_str_t        text;
    vap_str_t        turn_id;               /* empty where the event had none */
    int64_t          unix_ms;               /* when it began */
} vap_line_t;
typedef struct vap_ext_history {
    /* The newest lines up to this turn, in their order: at most `most`, with at most most_bytes of
     * text (0: no limit). *out: *count pointers, as records may grow. [until-end] [any] */
    vap_status_t (VAP_CALL *read)(const vap_host_t *, vap_reply_t, size_t most, size_t most_bytes,
                                  const vap_line_t *const **out, size_t *count) VAP_NOEXCEPT;
} vap_ext_history_t;

#define VAP_EXT_JOURNAL "vap.journal/1"     /* host: steps that run once in a conversation */
typedef struct vap_ext_journal {
    /* May I run this step? VAP_OK: it was done, *out is its result [until-end]. VAP_E_NOT_FOUND:
     * yes, now; then finish or drop it. VAP_E_AGAIN: another is at it. VAP_E_IN_DOUBT: who began it
     * is gone and told nobody; you find out, then finish it, or drop it and begin again. [any] */
    vap_status_t (VAP_CALL *begin)(const vap_host_t *, vap_reply_t, vap_str_t key,
                                   vap_str_t *out) VAP_NOEXCEPT;
    /* It was done; it surely was not. Only by the reply that began it, before its end: else
     * VAP_E_CONFLICT. What gets neither is in doubt. [any] */
    vap_status_t (VAP_CALL *finish)(const vap_host_t *, vap_reply_t, vap_str_t key,
                                    vap_str_t result) VAP_NOEXCEPT;
    vap_status_t (VAP_CALL *drop)(const vap_host_t *, vap_reply_t, vap_str_t key) VAP_NOEXCEPT;
} vap_ext_journal_t;

#define VAP_EXT_TASK "vap.task/1"           /* host: threads and timers it can count and wait for */
typedef struct vap_ext_task {
    /* Run fn(user) once on a host worker, after delay_ms; fn must not throw. The agent lives until
     * fn has returned, so prefer this to a thread of your own. Posted in create, it begins when
     * that has returned VAP_OK, or never. A task that has not begun may be dropped before destroy:
     * free user there. *id (which may be null) is never 0. [any] */
    vap_status_t (VAP_CALL *post)(const vap_host_t *, uint32_t delay_ms,
                                  void (VAP_CALL *fn)(void *user), void *user,
                                  uint64_t *id) VAP_NOEXCEPT;
    /* VAP_OK: fn will not run. VAP_E_NOT_FOUND: it has run or is running. [any] */
    vap_status_t (VAP_CALL *cancel)(const vap_host_t *, uint64_t id) VAP_NOEXCEPT;
} vap_ext_task_t;

#define VAP_EXT_CALL "vap.call/1"           /* host: the phone call itself */
typedef struct vap_ext_call {
    /* Hang up once everything said so far has been heard; say after it is VAP_E_ENDED. [any] */
    vap_status_t (VAP_CALL *hangup)(const vap_host_t *, vap_reply_t) VAP_NOEXCEPT;
} vap_ext_call_t;

#define VAP_EXT_METRICS "vap.metrics/1"     /* host: numbers for its operator */
typedef struct vap_ext_metrics {            /* names: 1 to 64 of a-z 0-9 _; others are dropped */
    /* Add to a counter; note one measured value. [any] */
    void (VAP_CALL *count)(const vap_host_t *, vap_str_t name, int64_t add) VAP_NOEXCEPT;
    void (VAP_CALL *observe)(const vap_host_t *, vap_str_t name, double value) VAP_NOEXCEPT;
} vap_ext_metrics_t;

/* ------------------------------------------------------------------------- the ident note ---- */

/* Read from the file before any of its code runs: put VAP_IDENT("{ ...manifest JSON... }"); in
 * exactly one source file. No pointers in it, so nothing to relocate. */
#define VAP_IDENT_MAGIC "VAPLUGIN"          /* 8 bytes, no NUL */
typedef struct vap_ident_head {             /* the first bytes of section .vap; native byte order */
    char     magic[8];
    uint32_t abi_major, abi_minor;          /* of the header it was built with */
    uint32_t json_len, zero;                /* the manifest follows, json_len bytes */
} vap_ident_head_t;

#if defined(_MSC_VER)
#  pragma section(".vap", read)
#  define VAP_HIDDEN
#  define VAP_SECTION __declspec(allocate(".vap"))
#else
#  define VAP_HIDDEN  __attribute__((visibility("hidden")))
#  if defined(__APPLE__)
#    define VAP_SECTION __attribute__((used, section("__DATA,__vap")))
#  elif defined(__GNUC__) && __GNUC__ >= 11 || defined(__clang_major__) && __clang_major__ >= 13
#    define VAP_SECTION __attribute__((used, retain, section(".vap")))   /* --gc-sections */
#  else
#    define VAP_SECTION __attribute__((used, section(".vap")))
#  endif
#endif
#define VAP_IDENT(json_literal)                                                                  \
    struct vap_ident { vap_ident_head_t head; char json[sizeof(json_literal)]; };                \
    extern VAP_HIDDEN const struct vap_ident vap_ident_;                                         \
    VAP_SECTION const struct vap_ident vap_ident_ = {                                            \
        { {'V','A','P','L','U','G','I','N'}, VAP_ABI_MAJOR, VAP_ABI_MINOR,                       \
          sizeof(json_literal) - 1, 0 }, json_literal }

#ifdef __cplusplus
}
#endif
#endif
