namespace Whorl.Tensors;

/// <summary>How keys and values are kept; it decides bytes, as the form of the weights does.</summary>
public enum KeyValueFormat
{
    /// <summary>As float32: nothing is rounded.</summary>
    F32,
}
