namespace Whorl.Tensors;

/// <summary>What a router makes of its logits.</summary>
public enum RouterScore
{
    /// <summary>Softmax over all experts.</summary>
    Softmax,

    /// <summary>The sigmoid of each logit.</summary>
    Sigmoid,

    /// <summary>The logits choose; the weights are the softmax over the chosen ones alone.</summary>
    SoftmaxOfChosen,
}
