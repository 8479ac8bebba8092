namespace Whorl.Server.Petals;

/// <summary>The protocol ids of Petals' servers.</summary>
internal static class PetalsMethods
{
    public const string Info = "TransformerConnectionHandler.rpc_info";
    public const string Forward = "TransformerConnectionHandler.rpc_forward";
    public const string ForwardStream = "TransformerConnectionHandler.rpc_forward_stream";
    public const string Backward = "TransformerConnectionHandler.rpc_backward";
    public const string BackwardStream = "TransformerConnectionHandler.rpc_backward_stream";
    public const string Inference = "TransformerConnectionHandler.rpc_inference";
    public const string Push = "TransformerConnectionHandler.rpc_push";
}
