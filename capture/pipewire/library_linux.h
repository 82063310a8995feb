// libpipewire, loaded when it is first needed. A machine without it, as with X11 and
// PulseAudio alone, starts Tally all the same: the library is no dependency of the
// program, which it would be if it were linked.
#ifndef TALLY_PIPEWIRE_LIBRARY_H
#define TALLY_PIPEWIRE_LIBRARY_H

#include <pipewire/pipewire.h>

#define TALLY_PW_FUNCTIONS(X)      \
    X(pw_init)                     \
    X(pw_thread_loop_new)          \
    X(pw_thread_loop_destroy)      \
    X(pw_thread_loop_start)        \
    X(pw_thread_loop_stop)         \
    X(pw_thread_loop_lock)         \
    X(pw_thread_loop_unlock)       \
    X(pw_thread_loop_get_loop)     \
    X(pw_context_new)              \
    X(pw_context_destroy)          \
    X(pw_context_connect_fd)       \
    X(pw_core_disconnect)          \
    X(pw_properties_new_string)    \
    X(pw_stream_new)               \
    X(pw_stream_destroy)           \
    X(pw_stream_add_listener)      \
    X(pw_stream_connect)           \
    X(pw_stream_update_params)     \
    X(pw_stream_dequeue_buffer)    \
    X(pw_stream_queue_buffer)

#define TALLY_PW_MEMBER(name) __typeof__(name) *name;
typedef struct {
    TALLY_PW_FUNCTIONS(TALLY_PW_MEMBER)
} tally_pw_library;

extern tally_pw_library tally_pw;

#endif
