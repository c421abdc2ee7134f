"""The LSTM recurrence with its backpropagation through time written out.

With x_t the input, h_t the output and c_t the cell, ``*`` and ``s`` elementwise product
and sigmoid, a step is

    i, f, o = s(z_i), s(z_f), s(z_o)    g = tanh(z_g)    z = x_t W + h_{t-1} U + b
    c_t = f * c_{t-1} + i * g           h_t = o * tanh(c_t)

and with ``dh_t`` what reaches h_t from above and from step t + 1, backwards

    dc_t  = dc_{t+1} * f_{t+1} + dh_t * o * (1 - tanh(c_t)^2)
    dz    = (dc_t * g * i (1 - i),  dc_t * c_{t-1} * f (1 - f),
             dc_t * i * (1 - g^2),  dh_t * tanh(c_t) * o (1 - o))
    dW    = sum_t x_t^T dz_t,  dU = sum_t h_{t-1}^T dz_t,  db = sum_t dz_t,
    dx_t  = dz_t W^T

Nothing but ``h U`` and ``dz U^T`` has to wait for its neighbour in time: the products
with W, and the sums for dW and dU, are one matrix product each for the whole text.

Article: §3.2.1 (反向传播), §5.2, §5.3.1.
Source: Hochreiter & Schmidhuber 1997; Gers et al. 2000 (the forget gate);
    Greff et al. 2017, "LSTM: A Search Space Odyssey", §II and App. A.
"""

import tensorflow as tf


@tf.custom_gradient
def lstm_through_time(x, order, kernel, recurrent_kernel, bias):
    """Runs an LSTM over texts of one length, from a state of zeros.

    Args:
        x: inputs (B, T, E).
        order: the order in which each text is read (B, T) int32: at step t it is the
            turn of the token at ``order[b, t]``. Each row holds 0 ... T - 1 once.
        kernel: W (E, 4 H), the four parts in Keras' order: i, f, g, o.
        recurrent_kernel: U (H, 4 H).
        bias: b (4 H,).

    Returns:
        The outputs (B, T, H), each at its token's place, and to TensorFlow the function
        of the gradient.
    """
    batch, steps, width = tf.unstack(tf.shape(x))
    # Token order[b, t] is row b T + order[b, t] of the flat inputs and row t B + b of
    # the time-first ones, in which a step is one piece of memory.
    rows = tf.range(batch)[:, None] * steps + order  # (B, T)
    rows = tf.reshape(tf.transpose(rows), [-1])  # (T B,)
    places = tf.math.invert_permutation(rows)
    flat_x = tf.gather(tf.reshape(x, [-1, width]), rows)  # (T B, E)
    z = tf.reshape(tf.matmul(flat_x, kernel) + bias, [steps, batch, -1])  # (T, B, 4 H)
    outputs, cells, gates = _forward(z, recurrent_kernel)  # outputs (T, B, H)
    hidden = recurrent_kernel.shape[0]
    flat_outputs = tf.reshape(outputs, [-1, hidden])  # (T B, H)

    def gradient(d_outputs):
        d_outputs = tf.gather(tf.reshape(d_outputs, [-1, hidden]), rows)
        d_outputs = tf.reshape(d_outputs, [steps, batch, hidden])
        dz = _backward(d_outputs, cells, gates, recurrent_kernel)  # (T, B, 4 H)
        dz = tf.reshape(dz, [-1, 4 * hidden])  # (T B, 4 H)
        d_kernel = tf.matmul(flat_x, dz, transpose_a=True)
        # h_{t-1} beside dz_t; before the first step h is zero.
        d_recurrent = tf.matmul(flat_outputs[:-batch], dz[batch:], transpose_a=True)
        d_x = tf.gather(tf.matmul(dz, kernel, transpose_b=True), places)
        d_x = tf.reshape(d_x, [batch, steps, width])
        return d_x, None, d_kernel, d_recurrent, tf.reduce_sum(dz, axis=0)

    return tf.reshape(tf.gather(flat_outputs, places), [batch, steps, hidden]), gradient


def _forward(z, recurrent_kernel):
    """Gives h (T, B, H), and c and the gates (i, f, g, o) as arrays by step."""
    steps = tf.shape(z)[0]
    zeros = tf.zeros([tf.shape(z)[1], recurrent_kernel.shape[0]], z.dtype)  # (B, H)

    def step(t, h, c, outputs, cells, gates):
        z_i, z_f, z_g, z_o = tf.split(z[t] + tf.matmul(h, recurrent_kernel), 4, axis=-1)
        i, f, o = tf.sigmoid(z_i), tf.sigmoid(z_f), tf.sigmoid(z_o)
        g = tf.tanh(z_g)
        c = f * c + i * g
        h = o * tf.tanh(c)
        gates = gates.write(t, tf.concat([i, f, g, o], axis=-1))
        return t + 1, h, c, outputs.write(t, h), cells.write(t, c), gates

    arrays = [tf.TensorArray(z.dtype, steps, clear_after_read=False) for _ in range(3)]
    *_, outputs, cells, gates = tf.while_loop(
        lambda t, *_: t < steps,
        step,
        (0, zeros, zeros, *arrays),
        maximum_iterations=steps,
    )
    return outputs.stack(), cells, gates


def _backward(d_outputs, cells, gates, recurrent_kernel):
    """Gives dz (T, B, 4 H)."""
    steps = tf.shape(d_outputs)[0]
    zeros = tf.zeros_like(d_outputs[0])  # (B, H)

    def step(t, dh, dc, c, dz_array):
        i, f, g, o = tf.split(gates.read(t), 4, axis=-1)
        before = cells.read(tf.maximum(t - 1, 0)) * tf.cast(t > 0, c.dtype)
        dh += d_outputs[t]
        tanh_c = tf.tanh(c)
        dc += dh * o * (1 - tanh_c * tanh_c)
        dz = [
            dc * g * i * (1 - i),
            dc * before * f * (1 - f),
            dc * i * (1 - g * g),
            dh * tanh_c * o * (1 - o),
        ]
        dz = tf.concat(dz, axis=-1)  # (B, 4 H)
        dh = tf.matmul(dz, recurrent_kernel, transpose_b=True)
        return t - 1, dh, dc * f, before, dz_array.write(t, dz)

    last = steps - 1
    dz_array = tf.TensorArray(d_outputs.dtype, steps)
    *_, dz_array = tf.while_loop(
        lambda t, *_: t >= 0,
        step,
        (last, zeros, zeros, cells.read(last), dz_array),
        maximum_iterations=steps,
    )
    return dz_array.stack()
