using Whorl.Protocol.Info;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Tensors;
using Whorl.Testing.Petals;

namespace Whorl.Protocol.Tests.Messages;

/// <summary>Every block RPC of the recorded conversations of real Petals processes.</summary>
public sealed class TranscriptTests
{
    private const string Handler = "TransformerConnectionHandler.";

    public static TheoryData<string> Recordings => new(Transcript.All);

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Every_message_is_read_and_written_back_to_the_same_bytes(string recording)
    {
        int messages = 0;
        foreach (TranscriptCall call in Calls(recording))
        {
            bool info = call.Method == Handler + "rpc_info";
            foreach (byte[] request in call.Requests)
            {
                Assert.Equal(request, info ? ExpertUid.Parse(request).ToBytes() : ExpertRequest.Parse(request).ToBytes());
                messages++;
            }

            foreach (byte[] response in call.Responses)
            {
                Assert.Equal(response, info ? ExpertInfo.Parse(response).ToBytes() : ExpertResponse.Parse(response).ToBytes());
                messages++;
            }
        }

        Assert.True(messages > 0);
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Every_whole_uncompressed_tensor_is_decoded_and_encoded_to_the_same_bytes(string recording)
    {
        foreach (TensorMessage tensor in Calls(recording).SelectMany(Tensors))
        {
            if (tensor.DataType.Length > 0 && tensor.Chunks <= 1)
            {
                WireArray array = TensorCodec.Decode(tensor);
                if (tensor.Compression == TensorCompression.None)
                {
                    Assert.Equal(tensor.ToBytes(), (
                        TensorCodec.Encode(array, requiresGrad: tensor.RequiresGrad) with { Chunks = tensor.Chunks }).ToBytes());
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Every_rpc_info_is_read_and_written_back_to_the_same_bytes(string recording)
    {
        foreach (byte[] response in Calls(recording).Where(call => call.Method == Handler + "rpc_info").SelectMany(call => call.Responses))
        {
            byte[] info = ExpertInfo.Parse(response).SerializedInfo.ToArray();
            Assert.Equal(info, RpcInfo.Parse(info).ToBytes());
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Metadata_is_read_and_means_the_same_after_writing(string recording)
    {
        int refused = 0;
        foreach (TranscriptCall call in Calls(recording).Where(call => call.Method != Handler + "rpc_info"))
        {
            foreach (byte[] request in call.Requests)
            {
                ReadOnlyMemory<byte> bytes = ExpertRequest.Parse(request).Metadata;
                if (call.Scenario is "forward_errors/not a map" or "inference_errors/points is a str" or "inference_errors/max_length is a float")
                {
                    Assert.Throws<WireFormatException>(() => RequestMetadata.Parse(bytes.Span));
                    refused++;
                    continue;
                }

                // The order of keys and explicit nils are the client's own business; the meaning must survive.
                RequestMetadata metadata = RequestMetadata.Parse(bytes.Span);
                byte[] written = metadata.ToBytes();
                Assert.Equal(written, RequestMetadata.Parse(written).ToBytes());
                if (call.Method == Handler + "rpc_inference" && metadata.SessionId is not null)
                {
                    Assert.NotNull(metadata.StepId);
                }
            }
        }

        Assert.Equal(recording == "v2.2.0" ? 3 : 0, refused);
    }

    [Fact]
    public void A_pushed_step_names_the_next_servers_session()
    {
        TranscriptCall call = Transcript.Load("v2.2.0").Of("push_chain").First(call => call.Method == Handler + "rpc_inference");

        NextServer next = Assert.Single(RequestMetadata.Parse(ExpertRequest.Parse(call.Requests.First()).Metadata.Span).NextServers!);
        Assert.Equal((2, 4), (next.Start, next.End));
        Assert.StartsWith("12D3KooW", next.PeerId, StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_of_parts_are_assembled_into_the_tensors_of_the_unary_call()
    {
        foreach (TranscriptCall call in Transcript.Load("v2.2.0").Of("forward_backward_stream").Where(call => call.IsStream))
        {
            var assembler = new TensorAssembler(1 << 24);
            foreach (TensorMessage part in call.Requests.SelectMany(request => ExpertRequest.Parse(request).Tensors))
            {
                assembler.Add(part);
            }

            IReadOnlyList<TensorMessage> tensors = assembler.Finish();
            Assert.Equal(call.Method == Handler + "rpc_forward_stream" ? 2 : 3, tensors.Count);
            Assert.All(tensors, tensor => TensorCodec.Decode(tensor));
        }
    }

    private static IEnumerable<TranscriptCall> Calls(string recording) =>
        Transcript.Load(recording).Calls.Where(call => call.Method.StartsWith(Handler, StringComparison.Ordinal));

    private static IEnumerable<TensorMessage> Tensors(TranscriptCall call) => call.Method == Handler + "rpc_info"
        ? []
        : call.Requests.SelectMany(request => ExpertRequest.Parse(request).Tensors)
            .Concat(call.Responses.SelectMany(response => ExpertResponse.Parse(response).Tensors));
}
