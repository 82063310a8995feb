// What swscale does slowly, and every frame needs. YUV of one matrix and range
// into another, in one pass instead of two through RGB; and a screen's RGB into
// 4:2:0, without its general filters. BenchmarkScale measures both.
#include <math.h>
#include <string.h>
#include "libav.h"

#if defined(__clang__)
#define EACH_ALONE _Pragma("clang loop vectorize(assume_safety)")
#else
#define EACH_ALONE _Pragma("GCC ivdep")
#endif

// Compiled for newer processors too, and chosen when the program starts.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
#define FOR_EACH_CPU __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_CPU
#endif

// Kr and Kb of ITU-R BT.709, BT.601 and BT.2020.
static const double weights[][2] = {{0.2126, 0.0722}, {0.299, 0.114}, {0.2627, 0.0593}};

static int16_t fixed(double x) { return (int16_t)lrint(x * (1 << 14)); }

void tally_turn_make(tally_turn *t, tally_colour from, tally_colour to) {
    double r = weights[from.matrix][0], b = weights[from.matrix][1], g = 1 - r - b;
    double r2 = weights[to.matrix][0], b2 = weights[to.matrix][1], g2 = 1 - r2 - b2;
    double luma = (to.full ? 255. : 219.) / (from.full ? 255. : 219.);
    double chroma = (to.full ? 255. : 224.) / (from.full ? 255. : 224.);
    double cross = (to.full ? 255. : 219.) / (from.full ? 255. : 224.);

    // With Y 0, one Cb is blue's and green's share, one Cr is red's and green's.
    double bu = 2 * (1 - b), gu = -b * bu / g;
    double rv = 2 * (1 - r), gv = -r * rv / g;
    double yu = g2 * gu + b2 * bu, yv = r2 * rv + g2 * gv;

    t->yy = fixed(luma);
    t->yu = fixed(cross * yu);
    t->yv = fixed(cross * yv);
    t->uu = fixed(chroma * (bu - yu) / (2 * (1 - b2)));
    t->uv = fixed(chroma * (0 - yv) / (2 * (1 - b2)));
    t->vu = fixed(chroma * (0 - yu) / (2 * (1 - r2)));
    t->vv = fixed(chroma * (rv - yv) / (2 * (1 - r2)));
    t->from = from.full ? 0 : 16;
    t->to = to.full ? 0 : 16;
}

// times multiplies a value that was shifted up by 7 with a 2.14 factor; the
// product has 5 bits behind the point.
static inline int16_t times(int16_t value, int16_t factor) { return (int16_t)(((int32_t)value * factor) >> 16); }

static inline uint8_t clip(int16_t v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

FOR_EACH_CPU static void chroma_row(const tally_turn *t, int n, const uint8_t *u0, const uint8_t *u1, const uint8_t *v0, const uint8_t *v1,
                       uint8_t *du, uint8_t *dv, int16_t *restrict light, int16_t *restrict u, int16_t *restrict v) {
    if (u0 == u1) {
        for (int x = 0; x < n; x++) {
            u[x] = (int16_t)((u0[x] - 128) * 128);
            v[x] = (int16_t)((v0[x] - 128) * 128);
        }
    } else {
        for (int x = 0; x < n; x++) {
            u[x] = (int16_t)((u0[x] + u1[x] - 256) * 64);
            v[x] = (int16_t)((v0[x] + v1[x] - 256) * 64);
        }
    }
    const int16_t yu = t->yu, yv = t->yv, uu = t->uu, uv = t->uv, vu = t->vu, vv = t->vv;
    EACH_ALONE for (int x = 0; x < n; x++) {
        int16_t l = (int16_t)(times(u[x], yu) + times(v[x], yv) + 16);
        light[2 * x] = l;
        light[2 * x + 1] = l;
    }
    EACH_ALONE for (int x = 0; x < n; x++) du[x] = clip((int16_t)(((int16_t)(times(u[x], uu) + times(v[x], uv) + 17) >> 5) + 128));
    EACH_ALONE for (int x = 0; x < n; x++) dv[x] = clip((int16_t)(((int16_t)(times(u[x], vu) + times(v[x], vv) + 17) >> 5) + 128));
}

FOR_EACH_CPU static void luma_row(const tally_turn *t, int n, const uint8_t *s, uint8_t *d, const int16_t *restrict light) {
    const int16_t yy = t->yy, from = (int16_t)t->from, to = (int16_t)t->to;
    EACH_ALONE for (int x = 0; x < n; x++) {
        int16_t y = times((int16_t)((s[x] - from) * 128), yy);
        d[x] = clip((int16_t)(((int16_t)(y + light[x]) >> 5) + to));
    }
}

void tally_recolour(const tally_turn *t, int w, int h, int rows, const uint8_t *const src[], const int src_stride[],
                    uint8_t *const dst[], const int dst_stride[], int16_t *line) {
    int cw = (w + 1) / 2, ch = (h + 1) / 2, last = rows * ch - 1;
    if (rows == 2 && last > h - 1) last = h - 1;
    int16_t *light = line, *u = line + 2 * cw, *v = u + cw;
    for (int y = 0; y < ch; y++) {
        ptrdiff_t a = y * rows, b = a + rows - 1;
        if (b > last) b = last;
        chroma_row(t, cw, src[1] + a * src_stride[1], src[1] + b * src_stride[1], src[2] + a * src_stride[2],
                   src[2] + b * src_stride[2], dst[1] + (ptrdiff_t)y * dst_stride[1], dst[2] + (ptrdiff_t)y * dst_stride[2],
                   light, u, v);
        for (ptrdiff_t r = 2 * y; r < 2 * y + 2 && r < h; r++)
            luma_row(t, w, src[0] + r * src_stride[0], dst[0] + r * dst_stride[0], light);
    }
}

void tally_paint_make(tally_paint *p, tally_colour to) {
    double r = weights[to.matrix][0], b = weights[to.matrix][1];
    double luma = (to.full ? 255. : 219.) / 255., chroma = (to.full ? 255. : 224.) / 255.;
    double u = chroma / (2 * (1 - b)), v = chroma / (2 * (1 - r));
    p->yr = fixed(luma * r), p->yb = fixed(luma * b), p->yg = fixed(luma) - p->yr - p->yb;
    p->ur = fixed(-u * r), p->ub = fixed(u * (1 - b)), p->ug = -p->ur - p->ub; // grey stays grey
    p->vr = fixed(v * (1 - r)), p->vb = fixed(-v * b), p->vg = -p->vr - p->vb;
    p->black = to.full ? 0 : 16;
}

// unpack splits a row into its colours, shifted up by 5: four of them summed fill
// 15 bits.
FOR_EACH_CPU static void unpack(int n, const uint8_t *src, int16_t *restrict a, int16_t *restrict g, int16_t *restrict c) {
    for (int x = 0; x < n; x++) {
        uint32_t pixel;
        memcpy(&pixel, src + 4 * x, 4);
        a[x] = (int16_t)((pixel << 5) & 0x1fe0);
        g[x] = (int16_t)((pixel >> 3) & 0x1fe0);
        c[x] = (int16_t)((pixel >> 11) & 0x1fe0);
    }
}

FOR_EACH_CPU static void paint_luma(const tally_paint *p, int n, uint8_t *restrict d, const int16_t *restrict r,
                                    const int16_t *restrict g, const int16_t *restrict b) {
    const int16_t yr = p->yr, yg = p->yg, yb = p->yb, offset = (int16_t)(p->black * 32 + 17);
    for (int x = 0; x < n; x++) {
        int16_t y = (int16_t)(times((int16_t)(r[x] * 4), yr) + times((int16_t)(g[x] * 4), yg) + times((int16_t)(b[x] * 4), yb));
        d[x] = clip((int16_t)((int16_t)(y + offset) >> 5));
    }
}

FOR_EACH_CPU static void paint_chroma(const tally_paint *p, int n, uint8_t *restrict du, uint8_t *restrict dv, const int16_t *r0,
                                      const int16_t *g0, const int16_t *b0, const int16_t *r1, const int16_t *g1, const int16_t *b1) {
    const int16_t ur = p->ur, ug = p->ug, ub = p->ub, vr = p->vr, vg = p->vg, vb = p->vb;
    EACH_ALONE for (int x = 0; x < n; x++) {
        int16_t r = (int16_t)(r0[2 * x] + r0[2 * x + 1] + r1[2 * x] + r1[2 * x + 1]);
        int16_t g = (int16_t)(g0[2 * x] + g0[2 * x + 1] + g1[2 * x] + g1[2 * x + 1]);
        int16_t b = (int16_t)(b0[2 * x] + b0[2 * x + 1] + b1[2 * x] + b1[2 * x + 1]);
        du[x] = clip((int16_t)(((int16_t)(times(r, ur) + times(g, ug) + times(b, ub) + 17) >> 5) + 128));
        dv[x] = clip((int16_t)(((int16_t)(times(r, vr) + times(g, vg) + times(b, vb) + 17) >> 5) + 128));
    }
}

void tally_paint_i420(const tally_paint *paint, int red_first, int w, int h, const uint8_t *src, int src_stride, uint8_t *const dst[],
                      const int dst_stride[], int16_t *line) {
    int n = (w + 1) & ~1;
    int16_t *row[2][3];
    for (int i = 0; i < 6; i++) row[i / 3][i % 3] = line + (ptrdiff_t)i * n;
    int red = red_first ? 0 : 2, blue = 2 - red;
    for (int y = 0; y < h; y += 2) {
        for (int i = 0; i < 2; i++) {
            int at = y + i < h ? y + i : y;
            unpack(w, src + (ptrdiff_t)at * src_stride, row[i][0], row[i][1], row[i][2]);
            for (int c = 0; n > w && c < 3; c++) row[i][c][w] = row[i][c][w - 1];
            if (y + i < h) paint_luma(paint, w, dst[0] + (ptrdiff_t)(y + i) * dst_stride[0], row[i][red], row[i][1], row[i][blue]);
        }
        paint_chroma(paint, n / 2, dst[1] + (ptrdiff_t)(y / 2) * dst_stride[1], dst[2] + (ptrdiff_t)(y / 2) * dst_stride[2], row[0][red],
                     row[0][1], row[0][blue], row[1][red], row[1][1], row[1][blue]);
    }
}
