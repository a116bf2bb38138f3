from .path_integrator import CELLS as CELLS
from .path_integrator import PathIntegrator as PathIntegrator
from .pose_lstm import PoseLSTM as PoseLSTM
from .pose_lstm import load_sonnet as load_sonnet
from .position_encoder import PositionEncoder as PositionEncoder
from .published import export_published as export_published
from .published import load_published as load_published
from .recurrence import recurrent_states as recurrent_states
