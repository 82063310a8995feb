// The C side of package xcb. Nothing here is shared between connections, and each belongs to
// one thread at a time. A wait ends with the answer, or when somebody shuts the socket down.
#ifndef TALLY_XCB_H
#define TALLY_XCB_H

#include <stddef.h>
#include <stdint.h>
#include <xcb/xcb.h>

// Why there is no answer: one of these, or above 0 the X server's own error code.
enum {
    TALLY_ENDED = -1,     // the connection is over
    TALLY_NO_WINDOW = -2, // there is no window tally_view.inside any more
    TALLY_BAD_SIZE = -3,  // the picture is not one of width × height × 4 bytes
};

// What is looked at.
typedef struct {
    uint32_t root;          // the window that is the whole desktop
    uint32_t from;          // the window or pixmap that pictures are read from
    int16_t x, y;           // the area of it that is read: its upper left corner, in pixels
    uint16_t width, height; // and its size
    int mouse;              // whether to ask for the mouse
    uint32_t inside;        // a window to tell its place in as well; 0: none
} tally_view;

// Where the mouse is, in pixels.
typedef struct {
    int x, y;               // on the desktop
    int inside_x, inside_y; // in tally_view.inside
    uint32_t over;          // the root's child that it points at; 0: none
} tally_mouse;

// A connection. The server tells of damage, unless damage is 0.
typedef struct {
    xcb_connection_t *conn;
    uint32_t damage;
    uint8_t damage_event; // the number of its event
    int boxes;            // it tells where
    tally_view view;
} tally_xcb;

// tally_xcb_watch asks to be told of changes of a window: of the first one, or with boxes of
// each one that makes the changed area larger. It leaves t->damage 0 where the server cannot.
int tally_xcb_watch(tally_xcb *t, uint32_t window, int boxes);

// tally_xcb_damaged takes what the server has told since the last call, without waiting, and
// sets what has changed: something in the view's area (1), something else (2), or both. Without
// boxes all counts as in the area.
int tally_xcb_damaged(tally_xcb *t, int *where);

// tally_xcb_look asks where the mouse is. With again the server tells of the next change even
// if it lies in what it has told of.
int tally_xcb_look(tally_xcb *t, int again, tally_mouse *mouse);

// tally_xcb_take asks for a picture, which has all the damage that was told before, and for
// the mouse. The server writes the picture into the shared segment, from its first byte on; if
// segment is 0, it sends it, and it is copied to the size bytes at to.
int tally_xcb_take(tally_xcb *t, uint32_t segment, uint8_t *to, size_t size, tally_mouse *mouse);

#endif
