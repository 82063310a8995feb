// One pass over planar YUV for what swscale does in two, through RGB: another
// matrix and another range. Measured at 1280 × 720: see BenchmarkScale.
#include <math.h>
#include "libav.h"

#if defined(__clang__)
#define EACH_ALONE _Pragma("clang loop vectorize(assume_safety)")
#else
#define EACH_ALONE _Pragma("GCC ivdep")
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

static void chroma_row(const tally_turn *t, int n, const uint8_t *u0, const uint8_t *u1, const uint8_t *v0, const uint8_t *v1,
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

static void luma_row(const tally_turn *t, int n, const uint8_t *s, uint8_t *d, const int16_t *restrict light) {
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
