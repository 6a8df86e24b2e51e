"""One untrained network on one fixed batch: every quantity that a proxy can read, computed once, when asked for."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

from proxies.batch_pass import RESTS_ON, BatchPass, run_batch, with_what_they_rest_on
from proxies.blocks import BlockStatistics, block_statistics
from proxies.errors import NotApplicableError, ProxyError, UndefinedError
from proxies.graph import gradients, leaf, one_tensor
from proxies.initialisation import draw_parameters
from proxies.layers import Named, layer_names
from proxies.passes import WithoutBatchNorm, copied_buffers, seeded, stream_seed, training_mode
from proxies.patterns import PatternAgreement, SampleWisePatterns, StandardPatterns
from proxies.reading import Reader, quantity, served
from proxies.spectra import correlation, eigenvalues, is_singular

Loss = Callable[[Tensor, Tensor], Tensor]
NO_GRADIENT = "the gradient is zero in every layer: nothing in the network reaches the output, or the output saturates"


class Probe(Reader):
    """A network at initialisation, one batch, and what can be known from them.

    Args:
        network: any module that maps images to outputs; it is used as it is and left exactly as it was
            (parameters, buffers, modes, hooks, requires_grad, .grad), also after an exception.
        images: float tensor [B, C, H, W] on the network's device.
        labels: what ``loss`` takes as its second argument, or None where there are none.
        loss: maps (outputs, labels) to a scalar; the mean cross entropy unless said otherwise.
        wanted: names of the quantities that will be read, so that one pass can serve several of them.
            A hint only: it changes cost, never a value.
        seed: seed of whatever is random in a pass (dropout, noise).

    All passes run in train mode, so that batch norm uses the statistics of the batch, on copies of the buffers.

    Raises ProxyError if the images are not finite.
    """

    def __init__(
        self,
        network: nn.Module,
        images: Tensor,
        labels: Tensor | None = None,
        *,
        loss: Loss = F.cross_entropy,
        wanted: Iterable[str] = (),
        seed: int = 0,
    ) -> None:
        super().__init__(images.device)
        if broken := torch.nonzero(~torch.isfinite(images.flatten(1)).all(dim=1)).flatten().tolist():
            raise ProxyError(f"image {broken[0]} (from 0) of the batch holds NaN or infinite values")
        self.network = network
        self.images = images
        self.labels = labels
        self._loss = loss
        self._wanted = with_what_they_rest_on(wanted)
        self._seed = seed

    # --- passes -----------------------------------------------------------------------------------------------

    def forward(
        self,
        images: Tensor,
        parameters: Mapping[str, Tensor] | None = None,
        *modes: AbstractContextManager[Any],
        training: bool = True,
    ) -> Any:
        """Run the network, within ``modes``, on ``images`` with ``parameters`` in the place of its own of that name.

        It gets copies of what it may write to: its buffers, and the images, which it might rectify in place.
        """
        with ExitStack() as conditions:
            conditions.enter_context(training_mode(self.network, training))
            conditions.enter_context(copied_buffers(self.network))
            conditions.enter_context(seeded(stream_seed(self._seed, "forward"), images.device))
            for mode in modes:
                conditions.enter_context(mode)
            if not parameters:
                return self.network(images.clone())
            return functional_call(self.network, dict(parameters), (images.clone(),))

    def generator(self, purpose: str) -> torch.Generator:
        """Return a random stream of its own for ``purpose``, on the CPU so that every device draws the same."""
        return torch.Generator().manual_seed(stream_seed(self._seed, purpose))

    def noise(self, batch: int, generator: torch.Generator) -> Tensor:
        """Return ``batch`` images of N(0, 1) noise, of the shape, dtype and device of the probe's."""
        shape = (batch, *self.images.shape[1:])
        return torch.randn(shape, generator=generator, dtype=torch.float32, device="cpu").to(self.images)

    def loss(self, output: Any, labels: Tensor | None) -> Tensor:
        """Return the mean loss; raises NotApplicableError where there is none."""
        if labels is None:
            raise no_labels()
        return self._loss(one_tensor(output), labels)

    def serve(self, asked: str) -> None:
        """Fill in ``asked``, which the forward pass of the batch serves.

        Whoever asks first makes the pass serve all that is wanted of it, so that no graph outlives its pass.
        """
        wanted = self._wanted if asked in self._wanted else with_what_they_rest_on([asked])
        missing = {name for name in wanted if not self.has(name)}
        run = f"forward pass for {asked}"
        with self.measured(run):
            loss = partial(self.loss, labels=self.labels)
            batch_pass = run_batch(missing, self.network, self.images, self.forward, loss)
        for name in batch_pass.names:
            try:
                self.fill(name, partial(self._take, run, batch_pass, name))
            except Exception:
                if name in (asked, RESTS_ON.get(asked)):
                    raise
                # Not the business of who asked: who asks for this one runs it alone and gets the error.

    def _take(self, run: str, batch_pass: BatchPass, name: str) -> Any:
        self.rest_on(run)
        if name in RESTS_ON:
            self.read(RESTS_ON[name])
        return batch_pass.take(name)

    # --- what is known without a pass, or from one image -----------------------------------------------------

    @quantity
    def layer_weights(self) -> Named:
        """Weights of all Conv2d and linear layers by parameter name (no biases, no batch norm); see `layers`."""
        weights = {name: self.network.get_parameter(name).detach() for name in layer_names(self.network)}
        if not weights:
            raise NotApplicableError("the network has no Conv2d and no linear layer")
        return weights

    @quantity
    def trainable_parameters(self) -> int:
        """Number of trainable scalars."""
        return sum(parameter.numel() for parameter in self.network.parameters() if parameter.requires_grad)

    @quantity
    def multiply_accumulates(self) -> int:
        """Multiply-accumulates of one sample in convolutions and matrix products; biases, batch norm, pooling and
        activations are not counted."""
        counter = FlopCounterMode(display=False)
        with torch.no_grad():
            self.forward(self.images[:1], None, counter, training=False)
        return counter.get_total_flops() // 2

    # --- patterns of the activations --------------------------------------------------------------------------

    sample_wise_patterns = served[SampleWisePatterns](
        "On/off strings over the batch, one a neuron, of every ReLU-like output."
    )
    standard_patterns = served[StandardPatterns](
        "On/off strings over all neurons, one a sample, of every ReLU-like output."
    )
    pattern_agreement = served[PatternAgreement](
        "For each pair of samples, the number of neurons that are in the same state."
    )

    # --- outputs and their gradients --------------------------------------------------------------------------

    outputs = served[Tensor]("What the network puts out for the batch, [B, …].")
    input_jacobian = served[Tensor](
        "J, like the images [B, …]: gradient of the sum of all outputs of the batch by each image."
    )

    @quantity
    def jacobian_correlation(self) -> Tensor:
        """Pearson correlations between the flattened `input_jacobian` of each two images, float64 [B, B]."""
        found = correlation(self.input_jacobian.flatten(1))
        if constant := torch.nonzero(found.diagonal().isnan()).flatten().tolist():
            raise UndefinedError(f"the gradient by image {constant[0]} (from 0) is constant and correlates with none")
        return found

    tangent_kernel = served[Tensor](
        "Neural tangent kernel J Jᵀ, float64 [B, B]: row n of J is the gradient of the summed outputs of image n by "
        "all of `layer_weights`."
    )

    @quantity
    def tangent_spectrum(self) -> Tensor:
        """Eigenvalues of `tangent_kernel` in rising order, float64 [B], all above rounding."""
        spectrum = eigenvalues(self.tangent_kernel)
        if is_singular(spectrum, torch.finfo(self.images.dtype).eps):
            raise UndefinedError("the tangent kernel is singular: some images move the weights in the same direction")
        return spectrum

    parameter_gradients = served[Named](
        "Gradient of the mean loss by every parameter, trainable or not; zeros where one is not reached."
    )

    @quantity
    def weight_gradients(self) -> Named:
        """Gradient of the mean loss by each of `layer_weights`; at least one of them is not zero."""
        return not_all_zero({name: self.parameter_gradients[name] for name in self.layer_weights})

    channel_saliencies = served[Named](
        "½ · mean_n (Σ_position a · ∂L/∂a)² of each output channel a of each layer, [channels] by weight's name."
    )
    hessian_gradient = served[Named](
        "H g for each of `layer_weights`: H is the Hessian of the mean loss by all of them, g its gradient."
    )

    @quantity
    def half_batch_gradients(self) -> tuple[Named, ...]:
        """Gradient of the mean loss of each half of the batch by each of `layer_weights`.

        The halves are two minibatches: each has a pass, and batch statistics, of its own.
        """
        if self.labels is None:
            raise no_labels()
        return tuple(map(self._gradients_of, self.images.chunk(2), self.labels.chunk(2)))

    def _gradients_of(self, images: Tensor, labels: Tensor) -> Named:
        weights = {name: leaf(weight) for name, weight in self.layer_weights.items()}
        loss = self.loss(self.forward(images, weights), labels)
        return dict(zip(weights, gradients(loss, list(weights.values())), strict=True))

    @quantity
    def synaptic_flow(self) -> Named:
        """|w · dR/d|w|| of each of `layer_weights` in float64: R is the sum of the outputs for one all-ones image when
        every parameter is replaced by its absolute value and batch norm by the identity (Tanaka et al. 2020)."""
        return self._flow(WithoutBatchNorm())

    @quantity
    def synaptic_flow_with_batch_norm(self) -> Named:
        """`synaptic_flow` through the batch norms, which normalise the one image by its own statistics."""
        try:
            return self._flow()
        except ValueError as error:  # torch's batch norm refuses one value a channel
            raise NotApplicableError(f"one image is too little for batch norm: {error}") from error

    def _flow(self, *modes: AbstractContextManager[Any]) -> Named:
        state = [*self.network.named_parameters(), *self.network.named_buffers()]
        positive = {name: value.detach().double().abs() for name, value in state if value.is_floating_point()}
        weights = {name: positive[name].requires_grad_() for name in self.layer_weights}
        ones = torch.ones_like(self.images[:1], dtype=torch.float64)
        flow = one_tensor(self.forward(ones, positive, *modes)).sum()
        found = not_all_zero(dict(zip(weights, gradients(flow, list(weights.values())), strict=True)))
        flows = {name: (weights[name].detach() * gradient).abs() for name, gradient in found.items()}
        return not_all_zero(flows, "the synaptic flow is zero in every layer: some weights let nothing through")

    # --- passes of noise through weights of their own ----------------------------------------------------------

    @quantity
    def block_statistics(self) -> BlockStatistics:
        """What the blocks of the network, with Kaiming weights (fan-in), do to N(0, 1) noise like the batch."""
        draws = self.generator("blocks")
        weights = draw_parameters(self.network, "kaiming_fan_in", draws)
        noise = self.noise(len(self.images), draws)
        return block_statistics(self.network, partial(self.forward, parameters=weights), noise, draws)


def no_labels() -> NotApplicableError:
    """Return the error for a batch without labels."""
    return NotApplicableError("the loss needs labels")


def not_all_zero(found: Named, reason: str = NO_GRADIENT) -> Named:
    """Return ``found``, tensors by layer; raises UndefinedError with ``reason`` if they are zero everywhere."""
    if not any(each.any() for each in found.values()):
        raise UndefinedError(reason)
    return found
