// A video stream from a PipeWire node. The library's loop has a thread of its own,
// which keeps the newest buffer; whoever takes the picture copies it under the loop's
// lock, so that no buffer vanishes meanwhile. Nothing here runs in a realtime thread,
// and nothing calls Go.
#include "library_linux.h"
#include "stream_linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <spa/param/props.h>
#include <spa/param/video/format-utils.h>

#define LARGEST_SIDE 16384 // pixels

struct tally_stream {
    struct pw_thread_loop *loop;
    struct pw_context *context;
    struct pw_core *core;
    struct pw_stream *stream;
    struct spa_hook core_hook, stream_hook;

    // Under the loop's lock:
    int width, height, red_first; // as agreed
    struct pw_buffer *newest;     // not given back yet; NULL: none
    int owed;                     // no picture has come yet in the format that was agreed last
    int64_t came, drawn;          // when it did, and when it was as the compositor says
    int failure;
};

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fail(tally_stream *s, int why) {
    if (!s->failure) s->failure = why;
}

static void on_core_error(void *data, uint32_t id, int seq, int res, const char *message) {
    (void)seq, (void)message;
    tally_stream *s = data;
    if (id != PW_ID_CORE) return;
    if (res >= 0 || res == -EPIPE)
        s->failure = -EPIPE; // whatever the stream has said of it
    else
        fail(s, res);
}

static const struct pw_core_events core_events = {
    PW_VERSION_CORE_EVENTS,
    .error = on_core_error,
};

static void on_state(void *data, enum pw_stream_state old, enum pw_stream_state state, const char *message) {
    tally_stream *s = data;
    (void)message;
    if (state == PW_STREAM_STATE_ERROR) fail(s, -EIO);
    if (state == PW_STREAM_STATE_UNCONNECTED && old != PW_STREAM_STATE_UNCONNECTED) fail(s, -ENODEV);
}

static void let_go(tally_stream *s) {
    if (s->newest) tally_pw.pw_stream_queue_buffer(s->stream, s->newest);
    s->newest = NULL;
}

// on_format agrees to what the compositor has chosen of our formats, and says which
// memory we can read.
static void on_format(void *data, uint32_t id, const struct spa_pod *param) {
    tally_stream *s = data;
    if (id != SPA_PARAM_Format || !param) return;
    let_go(s);
    s->owed = 1;
    struct spa_video_info_raw info = {0};
    uint32_t type, subtype;
    if (spa_format_parse(param, &type, &subtype) < 0 || type != SPA_MEDIA_TYPE_video || subtype != SPA_MEDIA_SUBTYPE_raw ||
        spa_format_video_raw_parse(param, &info) < 0 || info.size.width < 1 || info.size.width > LARGEST_SIDE ||
        info.size.height < 1 || info.size.height > LARGEST_SIDE) {
        fail(s, -EINVAL);
        return;
    }
    s->width = (int)info.size.width;
    s->height = (int)info.size.height;
    s->red_first = info.format == SPA_VIDEO_FORMAT_RGBx || info.format == SPA_VIDEO_FORMAT_RGBA;

    uint8_t room[1024];
    struct spa_pod_builder b = SPA_POD_BUILDER_INIT(room, sizeof(room));
    const struct spa_pod *params[] = {
        spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamBuffers, SPA_PARAM_Buffers,
                                   SPA_PARAM_BUFFERS_buffers, SPA_POD_CHOICE_RANGE_Int(4, 2, 16),
                                   SPA_PARAM_BUFFERS_dataType, SPA_POD_CHOICE_FLAGS_Int((1 << SPA_DATA_MemPtr) | (1 << SPA_DATA_MemFd))),
        spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
                                   SPA_PARAM_META_type, SPA_POD_Id(SPA_META_Header),
                                   SPA_PARAM_META_size, SPA_POD_Int(sizeof(struct spa_meta_header))),
        spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
                                   SPA_PARAM_META_type, SPA_POD_Id(SPA_META_VideoCrop),
                                   SPA_PARAM_META_size, SPA_POD_Int(sizeof(struct spa_meta_region))),
    };
    int r = tally_pw.pw_stream_update_params(s->stream, params, 3);
    if (r < 0) fail(s, r);
}

// usable tells whether there is a picture in a buffer: a compositor sends empty ones
// too, such as for the mouse alone.
static int usable(const struct spa_buffer *b) {
    if (b->n_datas < 1 || !b->datas[0].data || !b->datas[0].chunk) return 0;
    const struct spa_meta_header *h = spa_buffer_find_meta_data(b, SPA_META_Header, sizeof(*h));
    if (h && (h->flags & SPA_META_HEADER_FLAG_CORRUPTED)) return 0;
    return b->datas[0].chunk->size > 0 && !(b->datas[0].chunk->flags & SPA_CHUNK_FLAG_CORRUPTED);
}

static void on_process(void *data) {
    tally_stream *s = data;
    struct pw_buffer *b;
    while ((b = tally_pw.pw_stream_dequeue_buffer(s->stream))) {
        if (!usable(b->buffer)) {
            tally_pw.pw_stream_queue_buffer(s->stream, b);
            continue;
        }
        let_go(s);
        s->newest = b;
        s->owed = 0;
        s->came = now();
        const struct spa_meta_header *h = spa_buffer_find_meta_data(b->buffer, SPA_META_Header, sizeof(*h));
        s->drawn = h ? h->pts : 0;
    }
}

static void on_remove(void *data, struct pw_buffer *buffer) {
    tally_stream *s = data;
    if (s->newest == buffer) s->newest = NULL;
}

static const struct pw_stream_events stream_events = {
    PW_VERSION_STREAM_EVENTS,
    .state_changed = on_state,
    .param_changed = on_format,
    .remove_buffer = on_remove,
    .process = on_process,
};

// format offers what we can read. paced asks the compositor for no more pictures than
// are wanted; some do not know of that.
static const struct spa_pod *format(struct spa_pod_builder *b, int fps, int paced) {
    struct spa_pod_frame f;
    spa_pod_builder_push_object(b, &f, SPA_TYPE_OBJECT_Format, SPA_PARAM_EnumFormat);
    spa_pod_builder_add(b,
                        SPA_FORMAT_mediaType, SPA_POD_Id(SPA_MEDIA_TYPE_video),
                        SPA_FORMAT_mediaSubtype, SPA_POD_Id(SPA_MEDIA_SUBTYPE_raw),
                        SPA_FORMAT_VIDEO_format,
                        SPA_POD_CHOICE_ENUM_Id(5, SPA_VIDEO_FORMAT_BGRx, SPA_VIDEO_FORMAT_BGRx, SPA_VIDEO_FORMAT_BGRA,
                                               SPA_VIDEO_FORMAT_RGBx, SPA_VIDEO_FORMAT_RGBA),
                        SPA_FORMAT_VIDEO_size,
                        SPA_POD_CHOICE_RANGE_Rectangle(&SPA_RECTANGLE(1920, 1080), &SPA_RECTANGLE(1, 1), &SPA_RECTANGLE(LARGEST_SIDE, LARGEST_SIDE)),
                        SPA_FORMAT_VIDEO_framerate,
                        SPA_POD_CHOICE_RANGE_Fraction(&SPA_FRACTION(0, 1), &SPA_FRACTION(0, 1), &SPA_FRACTION(1000, 1)), 0);
    if (paced)
        spa_pod_builder_add(b, SPA_FORMAT_VIDEO_maxFramerate,
                            SPA_POD_CHOICE_RANGE_Fraction(&SPA_FRACTION((uint32_t)fps, 1), &SPA_FRACTION(1, 1), &SPA_FRACTION((uint32_t)fps, 1)), 0);
    return spa_pod_builder_pop(b, &f);
}

static int begin(tally_stream *s, int fd, uint32_t node, int fps) {
    s->core = tally_pw.pw_context_connect_fd(s->context, fd, NULL, 0);
    if (!s->core) return errno ? -errno : -EIO;
    pw_core_add_listener(s->core, &s->core_hook, &core_events, s);
    s->stream = tally_pw.pw_stream_new(s->core, "Tally",
                                       tally_pw.pw_properties_new_string("media.type=Video media.category=Capture media.role=Screen"));
    if (!s->stream) return errno ? -errno : -EIO;
    tally_pw.pw_stream_add_listener(s->stream, &s->stream_hook, &stream_events, s);
    uint8_t room[2048];
    struct spa_pod_builder b = SPA_POD_BUILDER_INIT(room, sizeof(room));
    const struct spa_pod *formats[] = {format(&b, fps, 1), format(&b, fps, 0)};
    return tally_pw.pw_stream_connect(s->stream, PW_DIRECTION_INPUT, node,
                                      PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_DONT_RECONNECT, formats, 2);
}

tally_stream *tally_stream_open(int fd, uint32_t node, int fps, int *why) {
    tally_stream *s = calloc(1, sizeof(*s));
    if (s) s->owed = 1;
    if (s) s->loop = tally_pw.pw_thread_loop_new("tally-screen", NULL);
    if (s && s->loop) s->context = tally_pw.pw_context_new(tally_pw.pw_thread_loop_get_loop(s->loop), NULL, 0);
    if (!s || !s->context || tally_pw.pw_thread_loop_start(s->loop) < 0) {
        *why = errno ? -errno : -ENOMEM;
        close(fd);
        tally_stream_close(s);
        return NULL;
    }
    tally_pw.pw_thread_loop_lock(s->loop);
    int r = begin(s, fd, node, fps);
    tally_pw.pw_thread_loop_unlock(s->loop);
    if (r < 0) {
        *why = r;
        tally_stream_close(s);
        return NULL;
    }
    return s;
}

void tally_stream_close(tally_stream *s) {
    if (!s) return;
    if (s->loop) tally_pw.pw_thread_loop_stop(s->loop);
    if (s->stream) {
        let_go(s);
        spa_hook_remove(&s->stream_hook);
        tally_pw.pw_stream_destroy(s->stream);
    }
    if (s->core) {
        spa_hook_remove(&s->core_hook);
        tally_pw.pw_core_disconnect(s->core);
    }
    if (s->context) tally_pw.pw_context_destroy(s->context);
    if (s->loop) tally_pw.pw_thread_loop_destroy(s->loop);
    free(s);
}

// A picture within the memory of a buffer.
typedef struct {
    const uint8_t *from;
    int stride, width, height;
} picture;

// find works out where the picture lies in a buffer. Nothing that the compositor
// says of it is believed without a look: all of it must lie within the memory.
static int find(const tally_stream *s, picture *p) {
    const struct spa_buffer *b = s->newest->buffer;
    const struct spa_data *d = &b->datas[0];
    int64_t stride = d->chunk->stride ? d->chunk->stride : 4 * (int64_t)s->width;
    int64_t x = 0, y = 0, w = s->width, h = s->height;
    const struct spa_meta_region *crop = spa_buffer_find_meta_data(b, SPA_META_VideoCrop, sizeof(*crop));
    if (crop && spa_meta_region_is_valid(crop)) { // a window in a picture that has room for more
        x = crop->region.position.x;
        y = crop->region.position.y;
        w = crop->region.size.width;
        h = crop->region.size.height;
    }
    if (x < 0 || y < 0 || w < 1 || h < 1 || x + w > s->width || y + h > s->height || stride < 4 * (int64_t)s->width) return 0;
    int64_t from = d->chunk->offset + y * stride + 4 * x;
    if (from + (h - 1) * stride + 4 * w > (int64_t)d->maxsize) return 0;
    *p = (picture){(const uint8_t *)d->data + from, (int)stride, (int)w, (int)h};
    return 1;
}

void tally_stream_look(tally_stream *s, tally_news *news) {
    picture p;
    memset(news, 0, sizeof(*news));
    tally_pw.pw_thread_loop_lock(s->loop);
    if (s->newest && !find(s, &p)) let_go(s);
    if (s->newest) *news = (tally_news){.fresh = 1, .width = p.width, .height = p.height, .red_first = s->red_first, .came = s->came, .drawn = s->drawn};
    news->owed = s->owed;
    news->failure = s->failure;
    tally_pw.pw_thread_loop_unlock(s->loop);
}

int tally_stream_take(tally_stream *s, int width, int height, uint8_t *to) {
    picture p;
    int none = 1;
    tally_pw.pw_thread_loop_lock(s->loop);
    if (s->newest && find(s, &p) && p.width == width && p.height == height) {
        size_t line = 4 * (size_t)width;
        if ((size_t)p.stride == line) {
            memcpy(to, p.from, line * (size_t)height);
        } else {
            for (int y = 0; y < height; y++) memcpy(to + y * line, p.from + (int64_t)y * p.stride, line);
        }
        let_go(s);
        none = 0;
    }
    tally_pw.pw_thread_loop_unlock(s->loop);
    return none;
}
