#include "libav.h"

int tally_resampler_open(SwrContext **out, int in_format, AVChannelLayout *in_layout, int in_rate, int out_rate,
                         int out_channels) {
    AVChannelLayout layout;
    av_channel_layout_default(&layout, out_channels);
    int err = swr_alloc_set_opts2(out, &layout, AV_SAMPLE_FMT_FLT, out_rate, in_layout, in_format, in_rate, 0, NULL);
    av_channel_layout_uninit(&layout);
    if (err < 0) return err;
    err = swr_init(*out);
    if (err < 0) swr_free(out);
    return err;
}

int tally_resampler_open_float(SwrContext **out, int in_rate, int in_channels, int out_rate, int out_channels) {
    AVChannelLayout from, to;
    av_channel_layout_default(&from, in_channels);
    av_channel_layout_default(&to, out_channels);
    int err = swr_alloc_set_opts2(out, &to, AV_SAMPLE_FMT_FLT, out_rate, &from, AV_SAMPLE_FMT_FLT, in_rate, 0, NULL);
    av_channel_layout_uninit(&from);
    av_channel_layout_uninit(&to);
    if (err < 0) return err;
    // Resample even between equal rates, so that compensation can begin without a
    // jump; and between the filter's phases, since drift is far smaller than one.
    av_opt_set_int(*out, "flags", SWR_FLAG_RESAMPLE, 0);
    av_opt_set_int(*out, "linear_interp", 1, 0);
    err = swr_init(*out);
    if (err < 0) swr_free(out);
    return err;
}

int tally_resample(SwrContext *s, float *out, int out_frames, const float *in, int in_frames) {
    uint8_t *to[1] = {(uint8_t *)out};
    const uint8_t *from[1] = {(const uint8_t *)in};
    return swr_convert(s, to, out_frames, in ? from : NULL, in_frames);
}
