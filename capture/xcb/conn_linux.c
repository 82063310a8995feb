#include "conn_linux.h"

#include <stdlib.h>
#include <string.h>

#include <xcb/damage.h>
#include <xcb/shm.h>

#define ALL_PLANES 0xFFFFFFFFu

// why tells what an answer that did not come means. The error ends here.
static int why(xcb_generic_error_t *error) {
    if (!error) return TALLY_ENDED;
    int code = error->error_code;
    free(error);
    return code;
}

int tally_xcb_watch(tally_xcb *t, uint32_t window, int boxes) {
    t->damage = 0;
    const xcb_query_extension_reply_t *damage = xcb_get_extension_data(t->conn, &xcb_damage_id); // libxcb's
    if (!damage) return TALLY_ENDED;
    if (!damage->present) return 0;
    // A server refuses all else on a connection that has not told its version.
    xcb_generic_error_t *error = NULL;
    xcb_damage_query_version_reply_t *version =
        xcb_damage_query_version_reply(t->conn, xcb_damage_query_version(t->conn, 1, 1), &error);
    if (!version) return why(error) == TALLY_ENDED ? TALLY_ENDED : 0;
    free(version);
    uint32_t id = xcb_generate_id(t->conn);
    if (id == UINT32_MAX) return TALLY_ENDED;
    uint8_t level = boxes ? XCB_DAMAGE_REPORT_LEVEL_BOUNDING_BOX : XCB_DAMAGE_REPORT_LEVEL_NON_EMPTY;
    error = xcb_request_check(t->conn, xcb_damage_create_checked(t->conn, id, window, level));
    if (error) { // as when the window is gone: who takes a picture of it learns that
        free(error);
        return 0;
    }
    if (xcb_connection_has_error(t->conn)) return TALLY_ENDED;
    t->damage = id, t->boxes = boxes;
    t->damage_event = damage->first_event + XCB_DAMAGE_NOTIFY;
    return 0;
}

static int overlaps(const tally_view *v, const xcb_rectangle_t *r) {
    return r->x < v->x + v->width && v->x < r->x + r->width && r->y < v->y + v->height && v->y < r->y + r->height;
}

int tally_xcb_damaged(tally_xcb *t, int *where) {
    *where = 0;
    for (xcb_generic_event_t *e; (e = xcb_poll_for_event(t->conn)); free(e)) {
        // The highest bit marks what a program has sent, and not the server.
        if (!t->damage || e->response_type != t->damage_event) continue;
        const xcb_damage_notify_event_t *d = (const xcb_damage_notify_event_t *)e;
        if (d->damage == t->damage) *where |= !t->boxes || overlaps(&t->view, &d->area) ? 1 : 2;
    }
    return xcb_connection_has_error(t->conn) ? TALLY_ENDED : 0;
}

// The questions for the mouse.
typedef struct {
    xcb_query_pointer_cookie_t root, inside;
} asked;

static asked ask_mouse(const tally_xcb *t) {
    asked a = {{0}, {0}};
    if (t->view.mouse) {
        a.root = xcb_query_pointer(t->conn, t->view.root);
        if (t->view.inside) a.inside = xcb_query_pointer(t->conn, t->view.inside);
    }
    return a;
}

// hear_mouse takes both answers, whatever the first one says: libxcb would keep the other.
static int hear_mouse(const tally_xcb *t, asked a, tally_mouse *mouse) {
    memset(mouse, 0, sizeof *mouse);
    if (!t->view.mouse) return 0;
    int result = 0;
    xcb_generic_error_t *error = NULL;
    if (t->view.inside) {
        xcb_query_pointer_reply_t *r = xcb_query_pointer_reply(t->conn, a.inside, &error);
        if (r) {
            mouse->inside_x = r->win_x, mouse->inside_y = r->win_y;
            free(r);
        } else {
            result = why(error) == TALLY_ENDED ? TALLY_ENDED : TALLY_NO_WINDOW;
        }
    }
    error = NULL;
    xcb_query_pointer_reply_t *r = xcb_query_pointer_reply(t->conn, a.root, &error);
    if (r) {
        mouse->x = r->root_x, mouse->y = r->root_y, mouse->over = r->child;
        free(r);
    } else {
        int failed = why(error);
        if (!result) result = failed;
    }
    return result;
}

int tally_xcb_look(tally_xcb *t, int again, tally_mouse *mouse) {
    if (again && t->damage) xcb_damage_subtract(t->conn, t->damage, XCB_NONE, XCB_NONE);
    asked a = ask_mouse(t);
    if (xcb_flush(t->conn) <= 0) return TALLY_ENDED;
    return hear_mouse(t, a, mouse);
}

static int take_shared(const tally_xcb *t, uint32_t segment, size_t size, asked a, tally_mouse *mouse) {
    const tally_view *v = &t->view;
    xcb_shm_get_image_cookie_t picture = xcb_shm_get_image(t->conn, v->from, v->x, v->y, v->width, v->height, ALL_PLANES,
                                                           XCB_IMAGE_FORMAT_Z_PIXMAP, segment, 0);
    xcb_generic_error_t *error = NULL;
    xcb_shm_get_image_reply_t *r = xcb_shm_get_image_reply(t->conn, picture, &error);
    int result = !r ? why(error) : r->size != size ? TALLY_BAD_SIZE : 0;
    free(r);
    int lost = hear_mouse(t, a, mouse);
    return lost ? lost : result;
}

static int take_sent(const tally_xcb *t, uint8_t *to, size_t size, asked a, tally_mouse *mouse) {
    const tally_view *v = &t->view;
    xcb_get_image_cookie_t picture = xcb_get_image(t->conn, XCB_IMAGE_FORMAT_Z_PIXMAP, v->from, v->x, v->y, v->width, v->height, ALL_PLANES);
    xcb_generic_error_t *error = NULL;
    xcb_get_image_reply_t *r = xcb_get_image_reply(t->conn, picture, &error);
    int result = !r ? why(error) : (size_t)xcb_get_image_data_length(r) != size ? TALLY_BAD_SIZE : 0;
    if (!result) memcpy(to, xcb_get_image_data(r), size);
    free(r);
    int lost = hear_mouse(t, a, mouse);
    return lost ? lost : result;
}

// The picture comes last, and is waited for first: the server sends all answers at once then.
int tally_xcb_take(tally_xcb *t, uint32_t segment, uint8_t *to, size_t size, tally_mouse *mouse) {
    // Before the picture: a change after this is told again.
    if (t->damage) xcb_damage_subtract(t->conn, t->damage, XCB_NONE, XCB_NONE);
    asked a = ask_mouse(t);
    return segment ? take_shared(t, segment, size, a, mouse) : take_sent(t, to, size, a, mouse);
}
